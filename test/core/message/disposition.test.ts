import { describe, expect, it } from 'vitest'
import { ack, retryLater } from '../../../functions/core/message/disposition.ts'

const result = { queue: 'results', message: { body: 'r' } } as const
const fault = { kind: 'fault', at: 7 } as const

describe('what becomes of a message', () => {
  it.each([
    ['is deleted, and nothing is sent or counted', () => ack(), { disposition: { kind: 'ack', send: [] }, events: [] }],
    [
      'is deleted once its sends have arrived, and events are counted',
      () => ack([fault], result, result),
      { disposition: { kind: 'ack', send: [result, result] }, events: [fault] },
    ],
    ['comes back by its visibility timeout', () => retryLater(), { disposition: { kind: 'retry' }, events: [] }],
    [
      'comes back at once, and events are counted',
      () => retryLater([fault], 0),
      { disposition: { kind: 'retry', afterSeconds: 0 }, events: [fault] },
    ],
  ])('%s', (_, handle, expected) => {
    expect(handle()).toStrictEqual(expected)
  })
})
