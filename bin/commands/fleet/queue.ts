import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'

/**
 * A received message. It is hidden from others until it is made visible again or deleted, or its visibility timeout
 * ends.
 */
export interface Received {
  messageId: string
  receipt: string
  body: string
  attributes: Record<string, string>
  sentAt: number
  receiveCount: number
}
export interface Outgoing {
  body: string
  attributes?: Record<string, string>
}

/** SQS accepts ten messages and 1 MiB per call; the rest of the 1 MiB is left for attributes. */
const BATCH = { messages: 10, bytes: 900_000 }

export class Queue {
  readonly #sqs: SQSClient
  readonly url: string

  constructor(sqs: SQSClient, url: string) {
    this.#sqs = sqs
    this.url = url
  }

  async receive(waitSeconds: number, hideSeconds: number, stop?: AbortSignal): Promise<Received[]> {
    const { Messages = [] } = await this.#sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: BATCH.messages,
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: hideSeconds,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
      }),
      stop === undefined ? {} : { abortSignal: stop },
    )
    return Messages.map(received)
  }

  /** Returns, in order, whether each message was sent. */
  async send(messages: Outgoing[]): Promise<boolean[]> {
    const sent: boolean[] = []
    for (const batch of batches(messages, ({ body }) => Buffer.byteLength(body))) {
      const Entries = batch.map(({ body, attributes = {} }, i) => ({
        Id: String(i),
        MessageBody: body,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
        ),
      }))
      const { Successful = [] } = await this.#sqs.send(new SendMessageBatchCommand({ QueueUrl: this.url, Entries }))
      const ids = new Set(Successful.map(({ Id }) => Id))
      sent.push(...batch.map((_, i) => ids.has(String(i))))
    }
    return sent
  }

  async delete(messages: Received[]): Promise<void> {
    for (const batch of batches(messages)) {
      const Entries = batch.map(({ receipt }, i) => ({ Id: String(i), ReceiptHandle: receipt }))
      await this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }))
    }
  }

  /**
   * Makes the messages visible again at once. If that fails for a message, it becomes visible when its visibility
   * timeout ends.
   */
  async giveBack(messages: Received[]): Promise<void> {
    for (const batch of batches(messages)) {
      const Entries = batch.map(({ receipt }, i) => ({ Id: String(i), ReceiptHandle: receipt, VisibilityTimeout: 0 }))
      await this.#sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries }))
    }
  }
}

function* batches<T>(all: T[], bytesOf: (item: T) => number = () => 0): Generator<T[]> {
  let batch: T[] = []
  let bytes = 0
  for (const item of all) {
    const more = bytesOf(item)
    if (batch.length === BATCH.messages || (batch.length > 0 && bytes + more > BATCH.bytes)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += more
  }
  if (batch.length > 0) yield batch
}

function received({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {}, MessageAttributes = {} }: Message) {
  const attributes: Record<string, string> = {}
  for (const [name, { StringValue }] of Object.entries(MessageAttributes))
    if (StringValue !== undefined) attributes[name] = StringValue
  return {
    messageId: MessageId,
    receipt: ReceiptHandle,
    body: Body,
    attributes,
    sentAt: Number(Attributes.SentTimestamp ?? 0),
    receiveCount: Number(Attributes.ApproximateReceiveCount ?? 1),
  }
}
