import { marshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import { makeDynamoClient } from '../../functions/adapters/dynamodb/client.ts'
import { makeDeepRunStore } from '../../functions/adapters/dynamodb/deep-run-store.ts'
import { makeHistoryStore } from '../../functions/adapters/dynamodb/history-store.ts'
import { makeSqsClient } from '../../functions/adapters/sqs/client.ts'
import { makeVisibility } from '../../functions/adapters/sqs/visibility.ts'
import { historyKey } from '../../functions/contract/table.ts'
import { emptyBucket } from '../../functions/core/record/history-bucket.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { deepRun } from '../build/deep-run.ts'
import { loopbackAws } from './loopback-aws.ts'

const tableAt = (endpoint: string) => ({ client: makeDynamoClient({ endpoint }), tableName: 'lifesign' })

it('an hour of the history that cannot be read costs its neighbours nothing', async () => {
  const itemOf = (at: number, change = {}) =>
    marshall({ ...historyKey('hour', at), ...emptyBucket('hour', at), ttl: 1, ...change })
  const Items = [itemOf(NOON), itemOf(NOON + 1, { solved: 'many' }), itemOf(NOON + 2)]
  const { url } = await loopbackAws(() => ({ body: { Items } }))
  expect(await makeHistoryStore(tableAt(url)).list('hour', NOON, NOON + 2)).toEqual([
    emptyBucket('hour', NOON),
    emptyBucket('hour', NOON + 2),
  ])
})

describe('a deep run', () => {
  it.each([
    ['no text', { deepRun: 7 }],
    ['no JSON', { deepRun: '{' }],
    ['of another form', { deepRun: JSON.stringify({ ...deepRun(), paid: 'yes' }) }],
  ])('that is stored as %s counts as none', async (_, item) => {
    const { url } = await loopbackAws(() => ({ body: { Item: marshall(item) } }))
    expect(await makeDeepRunStore(tableAt(url)).read()).toBeNull()
  })

  it('that finds another one running whose lease cannot be read is told that it ends now', async () => {
    const { url, asked } = await loopbackAws(({ operation }) =>
      operation === 'GetItem' ? {} : { status: 400, body: { __type: 'x#ConditionalCheckFailedException' } },
    )
    expect(await makeDeepRunStore(tableAt(url)).begin('a', NOON, NOON + 1)).toEqual({ kind: 'running', until: NOON })
    expect(asked.map(({ operation }) => operation)).toEqual(['UpdateItem', 'GetItem'])
  })
})

it('a message is hidden for whole seconds from 0 to 12 hours, and only what SQS tells of counts as hidden', async () => {
  const { url, asked } = await loopbackAws(() => ({ body: { Successful: [{ Id: '3' }, { Id: '1' }], Failed: [] } }))
  const visibility = makeVisibility({ client: makeSqsClient({ endpoint: url }), queueUrl: `${url}/1/q`, log: () => {} })
  const holds = [-3, 0.4, 2.5, 43_201].map((seconds, n) => ({ receipt: `r${n}`, seconds }))
  expect(await visibility.extend(holds)).toEqual([false, true, false, true])
  expect(asked[0]?.body.Entries).toEqual([
    { Id: '0', ReceiptHandle: 'r0', VisibilityTimeout: 0 },
    { Id: '1', ReceiptHandle: 'r1', VisibilityTimeout: 0 },
    { Id: '2', ReceiptHandle: 'r2', VisibilityTimeout: 3 },
    { Id: '3', ReceiptHandle: 'r3', VisibilityTimeout: 43_200 },
  ])
})
