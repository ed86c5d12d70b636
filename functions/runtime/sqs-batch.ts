import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Clock, Message } from '../core/ports.ts'

/** What a batch use case needs to know of its invocation. */
export interface Invocation {
  id: string
  /** When the function will be killed, by the clock of the use case. */
  endsAt: number
}
/** Answers the ids of the messages that must come back. */
export type BatchUseCase = (messages: Message[], invocation: Invocation) => Promise<string[]>

/** An SQS event source with partial batch responses around a use case. */
export const sqsHandler =
  (clock: Clock, useCase: BatchUseCase) =>
  async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const endsAt = clock.now() + context.getRemainingTimeInMillis()
    const failed = await useCase(event.Records.map(messageOf), { id: context.awsRequestId, endsAt })
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) }
  }

export const messageOf = (record: SQSRecord): Message => ({
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
