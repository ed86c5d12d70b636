import { CreateQueueCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { makeSqsClient } from '../../functions/adapters/sqs/client.ts'
import type { Message } from '../../functions/core/message/message.ts'

let queues = 0

export interface TestQueue {
  client: SQSClient
  queueUrl: string
  /** At most ten messages that are visible now. */
  receive(): Promise<Message[]>
}

/** A queue of its own. */
export async function createQueue(endpoint: string): Promise<TestQueue> {
  const client = makeSqsClient({ endpoint })
  const name = `lifesign-${process.pid}-${++queues}`
  const { QueueUrl: queueUrl } = await client.send(new CreateQueueCommand({ QueueName: name }))
  if (queueUrl === undefined) throw new Error('no queue was made')
  return { client, queueUrl, receive: () => receive(client, queueUrl) }
}

async function receive(client: SQSClient, QueueUrl: string): Promise<Message[]> {
  const command = new ReceiveMessageCommand({
    QueueUrl,
    MaxNumberOfMessages: 10,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['All'],
    VisibilityTimeout: 600,
  })
  const { Messages = [] } = await client.send(command)
  return Messages.map(({ MessageId = '', Body = '', ReceiptHandle = '', Attributes = {}, MessageAttributes = {} }) => ({
    messageId: MessageId,
    body: Body,
    receipt: ReceiptHandle,
    receiveCount: Number(Attributes.ApproximateReceiveCount),
    sentAt: Number(Attributes.SentTimestamp),
    attributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]),
    ),
  }))
}
