import type { SQSEvent } from 'aws-lambda'
import { expect, it } from 'vitest'
import type { BatchUseCase } from '../../functions/core/ports.ts'
import { sqsHandler } from '../../functions/runtime/sqs-batch.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'

const recordOf = (n: number): SQSEvent['Records'][number] => ({
  messageId: `m${n}`,
  receiptHandle: `r${n}`,
  body: `body ${n}`,
  attributes: {
    ApproximateReceiveCount: `${n}`,
    SentTimestamp: `${NOON - n}`,
    ApproximateFirstReceiveTimestamp: `${NOON - 50 - n}`,
    SenderId: '7',
  },
  messageAttributes: {
    taskId: { stringValue: `t${n}`, dataType: 'String' },
    reason: { stringValue: '', dataType: 'String' },
    picture: { binaryValue: 'AA==', dataType: 'Binary' },
  },
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q',
  awsRegion: 'us-east-1',
})
const context = { awsRequestId: 'i1', getRemainingTimeInMillis: () => 18_000 }
/** Each call of a port takes some of it. */
const shrinking = (left: { ms: number }) => ({ awsRequestId: 'i1', getRemainingTimeInMillis: () => left.ms })

it.each([
  [true, false],
  [false, true],
])(
  'a batch is worked on after the clock was asked for (set: %s), and its end is told by that clock',
  async (isSet, clockUnknown) => {
    const clock = memoryClock(NOON)
    const seen: Parameters<BatchUseCase>[] = []
    const left = { ms: 18_000 }
    const syncClock = async () => {
      left.ms -= 450
      clock.set(NOON + 60_000)
      return isSet
    }
    const handler = sqsHandler(clock, syncClock, async (...call) => {
      seen.push(call)
      return ['m2']
    })
    expect(await handler({ Records: [recordOf(1), recordOf(2)] }, shrinking(left))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm2' }],
    })
    const message = (n: number) => ({
      ...{ messageId: `m${n}`, receipt: `r${n}`, body: `body ${n}`, receiveCount: n, sentAt: NOON - n },
      attributes: { taskId: `t${n}`, reason: '' },
    })
    expect(seen).toStrictEqual([[[message(1), message(2)], { id: 'i1', endsAt: NOON + 77_550, clockUnknown }]])
  },
)

it('a batch whose messages are all done leaves none to come back, and a use case that throws brings back the whole batch', async () => {
  const handlerOf = (useCase: BatchUseCase) => sqsHandler(memoryClock(), async () => true, useCase)
  expect(await handlerOf(async () => [])({ Records: [recordOf(1)] }, context)).toEqual({ batchItemFailures: [] })
  const broken = handlerOf(async () => Promise.reject(new Error('broken')))
  await expect(broken({ Records: [recordOf(1)] }, context)).rejects.toThrow('broken')
})
