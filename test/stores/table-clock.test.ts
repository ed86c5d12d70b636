import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { expect, it, onTestFinished } from 'vitest'
import { makeDynamoClient } from '../../functions/adapters/dynamodb/client.ts'
import { makeServerClock } from '../../functions/adapters/system/server-clock.ts'
import { readinessKey } from '../../functions/contract/table.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { loopbackAws } from './loopback-aws.ts'

const refused = { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'no' }

it.each([
  ['an answer', 200, {}],
  ['a refusal', 400, refused],
])(
  '%s of the table that takes 9 s sets the clock between what it tells of its beginning and of its end',
  async (_, status, body) => {
    const local = memoryClock(NOON)
    const serverClock = makeServerClock(local)
    const { url } = await loopbackAws(() => {
      local.set(NOON + 9000)
      return { status, body, headers: { date: new Date(NOON + 60_000).toUTCString() } }
    })
    const client = makeDynamoClient({ endpoint: url, serverClock, maxAttempts: 1 })
    onTestFinished(() => client.destroy())
    const read = client.send(new GetItemCommand({ TableName: 'lifesign', Key: marshall(readinessKey) }))
    await read.catch(() => {})
    // Ahead of the table by 51 s if the answer was written when it came, by 61 s if when it was asked for.
    expect(serverClock.now() - local.now()).toBe(56_000)
  },
)

it('of a call that needed two tries the clock is set by the one that was answered', async () => {
  const local = memoryClock(NOON)
  const serverClock = makeServerClock(local)
  const { url, asked } = await loopbackAws(() => {
    if (asked.length === 1) {
      local.set(NOON + 8000)
      return { status: 500, headers: { date: '' } }
    }
    return { headers: { date: new Date(local.now() + 60_000).toUTCString() } }
  })
  const client = makeDynamoClient({ endpoint: url, serverClock })
  onTestFinished(() => client.destroy())
  await client.send(new GetItemCommand({ TableName: 'lifesign', Key: marshall(readinessKey) }))
  expect(asked).toHaveLength(2)
  expect(serverClock.now() - local.now()).toBe(60_500)
})

it('an answer without a time that can be read leaves the clock as it is', async () => {
  const local = memoryClock(NOON)
  const serverClock = makeServerClock(local)
  const { url } = await loopbackAws(() => ({ headers: { date: 'noon' } }))
  const client = makeDynamoClient({ endpoint: url, serverClock })
  onTestFinished(() => client.destroy())
  await client.send(new GetItemCommand({ TableName: 'lifesign', Key: marshall(readinessKey) }))
  expect(serverClock.now()).toBe(NOON)
})
