import type { SQSEvent } from 'aws-lambda'
import { expect, it } from 'vitest'
import type { BatchUseCase } from '../../functions/core/ports.ts'
import { sqsHandler } from '../../functions/runtime/sqs-batch.ts'
import { NOON } from '../../sim/memory/clock.ts'

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
const begin = async () => ({ id: 'i7', endsAt: NOON + 77_550, clockUnknown: true })

it('a batch is worked on by its messages and its invocation, and the messages that failed come back', async () => {
  const seen: Parameters<BatchUseCase>[] = []
  const handler = sqsHandler(begin, async (...call) => {
    seen.push(call)
    return ['m2']
  })
  expect(await handler({ Records: [recordOf(1), recordOf(2)] }, context)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm2' }],
  })
  const message = (n: number) => ({
    ...{ messageId: `m${n}`, receipt: `r${n}`, body: `body ${n}`, receiveCount: n, sentAt: NOON - n },
    attributes: { taskId: `t${n}`, reason: '' },
  })
  expect(seen).toStrictEqual([[[message(1), message(2)], await begin()]])
})

it('a batch whose messages are all done leaves none to come back, and a use case that throws brings back the whole batch', async () => {
  const handlerOf = (useCase: BatchUseCase) => sqsHandler(begin, useCase)
  expect(await handlerOf(async () => [])({ Records: [recordOf(1)] }, context)).toEqual({ batchItemFailures: [] })
  const broken = handlerOf(async () => Promise.reject(new Error('broken')))
  await expect(broken({ Records: [recordOf(1)] }, context)).rejects.toThrow('broken')
})
