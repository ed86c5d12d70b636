import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { expect, it } from 'vitest'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import { makeLocalSqsClient } from '../../local/clients.ts'
import { resumeTasks } from '../../local/lambda/resume-tasks.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import { fauxqsEngine } from '../engines/fauxqs.ts'
import { claimedItem, expiredItem } from '../stores/builders.ts'
import { createTable } from '../stores/table.ts'
import { later } from './bundles.ts'

/** Beyond every run of this test: items past it count as absent. */
const ttl = 4_000_000_000

it('of the tasks of a killed engine those in flight are polled again at once, and claims of dead workers end as ones that may have been paid', async () => {
  const [dynamo, queues] = [await dynaliteEngine.start(), await fauxqsEngine.start()]
  later(() => dynamo.stop())
  later(() => queues.stop())
  const { client: dynamodb, tableName } = await createTable(dynamo.endpoint)
  const sqs = makeLocalSqsClient(queues.endpoint)
  const { QueueUrl: pollQueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'polls' }))
  const tasks = makeTaskStore({ client: dynamodb, tableName, clock: memoryClock(NOON) })
  const claim = (taskId: string, leaseUntil: number) =>
    tasks.apply({ kind: 'claim', item: claimedItem({ taskId, ttl, leaseUntil }), fence: null })
  await claim('in-flight', NOON + 30_000)
  const accepted = { attempt: 'attempt-1', provider: 'captchaai', captchaId: '7', submittedAt: NOON }
  await tasks.apply({ kind: 'submitted', taskId: 'in-flight', ...accepted })
  await claim('being-paid', NOON + 30_000)
  await claim('released', 0)
  await tasks.apply({ kind: 'settleUnclaimed', item: expiredItem({ taskId: 'over', ttl }) })

  expect(await resumeTasks({ dynamodb, sqs, tableName, pollQueueUrl })).toBe(1)
  const leaseOf = async (taskId: string) => {
    const item = await tasks.read(taskId)
    return item?.state === 'claimed' ? item.leaseUntil : item?.state
  }
  const leases = await Promise.all(['in-flight', 'being-paid', 'released', 'over'].map(leaseOf))
  expect(leases).toEqual(['submitted', 1, 0, 'expired'])
  const receive = new ReceiveMessageCommand({ QueueUrl: pollQueueUrl, WaitTimeSeconds: 5, MaxNumberOfMessages: 10 })
  const { Messages = [] } = await sqs.send(receive)
  const polls = Messages.map(({ Body = '' }) => JSON.parse(Body))
  expect(polls).toMatchObject([{ item: { taskId: 'in-flight', attempt: 'attempt-1', captchaId: '7' } }])
  sqs.destroy()
})
