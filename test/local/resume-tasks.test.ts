import { expect, it } from 'vitest'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import { resumeTasks } from '../../local/lambda/resume-tasks.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import { claimedItem, expiredItem } from '../stores/builders.ts'
import { createTable } from '../stores/table.ts'
import { later } from './bundles.ts'
import { md5Of, sqsInProcess } from './sqs-in-process.ts'

/** Beyond every run of this test: items past it count as absent. */
const ttl = 4_000_000_000

it('of the tasks of a killed engine those in flight are polled again at once, and claims of dead workers end as ones that may have been paid', async () => {
  const dynamo = await dynaliteEngine.start()
  later(() => dynamo.stop())
  const { client: dynamodb, tableName } = await createTable(dynamo.endpoint)
  later(() => dynamodb.destroy())
  const { client: sqs, asked } = sqsInProcess(({ input }) => ({
    MessageId: 'sent',
    MD5OfMessageBody: md5Of(String(input.MessageBody)),
  }))
  const pollQueueUrl = 'http://127.0.0.1:9/000000000000/polls'
  const tasks = makeTaskStore({ client: dynamodb, tableName, clock: memoryClock(NOON) })
  const claim = (taskId: string, leaseUntil: number, more = {}) =>
    tasks.apply({ kind: 'claim', item: claimedItem({ taskId, ttl, leaseUntil, ...more }), fence: null })
  const submitted = [
    { taskId: 'in-flight', attempt: 'attempt-1', provider: 'captchaai', captchaId: '7', submittedAt: NOON + 1 },
    { taskId: 'also-in-flight', attempt: 'attempt-2', provider: 'twocaptcha', captchaId: '8', submittedAt: NOON + 2 },
    { taskId: 'long-gone', attempt: 'attempt-3', provider: 'captchaai', captchaId: '9', submittedAt: NOON + 3 },
  ]
  for (const { taskId, attempt, ...accepted } of submitted) {
    // The item of the third one outlived its time: the table has only not deleted it yet.
    await claim(taskId, NOON + 30_000, { attempt, ...(taskId === 'long-gone' && { ttl: NOON / 1000 + 1 }) })
    await tasks.apply({ kind: 'submitted', taskId, attempt, ...accepted })
  }
  await claim('being-paid', NOON + 30_000)
  await claim('released', 0)
  await tasks.apply({ kind: 'settleUnclaimed', item: expiredItem({ taskId: 'over', ttl }) })

  expect(await resumeTasks({ dynamodb, sqs, tableName, pollQueueUrl })).toBe(2)
  const leaseOf = async (taskId: string) => {
    const item = await tasks.read(taskId)
    return item?.state === 'claimed' ? item.leaseUntil : item?.state
  }
  const leases = await Promise.all(['in-flight', 'also-in-flight', 'being-paid', 'released', 'over'].map(leaseOf))
  expect(leases).toEqual(['submitted', 'submitted', 1, 0, 'expired'])
  const polls = await Promise.all(
    submitted.slice(0, 2).map(async ({ taskId }) => ({
      call: 'SendMessage',
      input: {
        ...{ QueueUrl: pollQueueUrl, DelaySeconds: 1 },
        MessageBody: JSON.stringify({ item: await tasks.read(taskId), recorded: true, body: '' }),
      },
    })),
  )
  const byText = (all: typeof asked) =>
    all.toSorted((a, b) => (String(a.input.MessageBody) < String(b.input.MessageBody) ? -1 : 1))
  const parsed = (all: typeof asked) =>
    byText(all).map(({ call, input }) => ({
      call,
      input: { ...input, MessageBody: JSON.parse(String(input.MessageBody)) },
    }))
  expect(parsed(asked)).toEqual(parsed(polls))
})
