import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Message } from '../core/message/message.ts'
import type { BatchUseCase } from '../core/ports.ts'
import type { BeginInvocation, InvocationContext } from './begin-invocation.ts'

/** The handler of an SQS event source that answers with partial batch responses. */
export const sqsHandler =
  (begin: BeginInvocation, useCase: BatchUseCase) =>
  async (event: SQSEvent, context: InvocationContext): Promise<SQSBatchResponse> => {
    const invocation = await begin(context)
    const failed = await useCase(event.Records.map(queueMessageOf), invocation)
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }

const queueMessageOf = (record: SQSRecord): Message => ({
  messageId: record.messageId,
  body: record.body,
  receipt: record.receiptHandle,
  receiveCount: Number(record.attributes.ApproximateReceiveCount),
  sentAt: Number(record.attributes.SentTimestamp),
  attributes: Object.fromEntries(
    Object.entries(record.messageAttributes).flatMap(([name, { stringValue }]) =>
      stringValue === undefined ? [] : [[name, stringValue]],
    ),
  ),
})
