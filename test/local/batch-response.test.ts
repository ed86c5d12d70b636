import { describe, expect, it } from 'vitest'
import { readBatchResponse } from '../../local/lambda/batch-response.ts'

const failures = (...ids: unknown[]) =>
  JSON.stringify({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) })

describe('a partial batch response', () => {
  it.each([
    ['nothing', 'null'],
    ['an empty object', '{}'],
    ['a null list', '{"batchItemFailures":null}'],
    ['an empty list', '{"batchItemFailures":[]}'],
  ])('%s means full success', (_, payload) => {
    expect(readBatchResponse(payload, ['a', 'b'])).toEqual({ kind: 'understood', failed: new Set() })
  })

  it('names the messages that failed', () => {
    expect(readBatchResponse(failures('b'), ['a', 'b'])).toEqual({ kind: 'understood', failed: new Set(['b']) })
  })

  it.each([
    ['an empty identifier', failures('')],
    ['a null identifier', failures(null)],
    ['an identifier of no message in the batch', failures('c')],
    ['another key', '{"batchItemFailures":[{"messageId":"a"}]}'],
    ['a list that is none', '{"batchItemFailures":"a"}'],
    ['text', '"ok"'],
    ['a bare list', '["a"]'],
  ])('with %s makes the whole batch fail', (_, payload) => {
    expect(readBatchResponse(payload, ['a', 'b']).kind).toBe('malformed')
  })
})
