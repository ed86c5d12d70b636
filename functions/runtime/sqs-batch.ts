import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Message } from '../core/message/message.ts'
import type { BatchUseCase, Clock } from '../core/ports.ts'

/** The handler of an SQS event source that answers with partial batch responses. */
export const sqsHandler =
  (clock: Clock, syncClock: () => Promise<boolean>, useCase: BatchUseCase) =>
  async (
    event: SQSEvent,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<SQSBatchResponse> => {
    const clockUnknown = !(await syncClock())
    const endsAt = clock.now() + context.getRemainingTimeInMillis()
    const failed = await useCase(event.Records.map(queueMessageOf), { id: context.awsRequestId, endsAt, clockUnknown })
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
