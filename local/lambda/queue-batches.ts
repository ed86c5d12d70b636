import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { errorText } from '../support/user-error.ts'

/** Deletes messages, ten at a time. If a delete fails, the message is delivered again; delivery is at least once. */
export async function deleteBatch(
  client: SQSClient,
  QueueUrl: string,
  messages: Message[],
  warn: (message: string) => void,
): Promise<void> {
  const remain = (count: number, why: string) =>
    warn(`${count} messages could not be deleted and will come again: ${why}`)
  const removeTen = async (ten: Message[]) => {
    try {
      const { Failed = [] } = await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: entriesOf(ten) }))
      const [first] = Failed
      if (first !== undefined) remain(Failed.length, first.Message ?? first.Code ?? '')
    } catch (error) {
      remain(ten.length, errorText(error))
    }
  }
  await Promise.all(tens(messages).map(removeTen))
}

/** Makes messages visible again at once. If that fails, they become visible when their visibility timeout ends. */
export async function makeVisible(client: SQSClient, QueueUrl: string, messages: Message[]): Promise<void> {
  for (const ten of tens(messages)) {
    const Entries = entriesOf(ten).map((entry) => ({ ...entry, VisibilityTimeout: 0 }))
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })).catch(() => {})
  }
}

/** Lambda's limit for one invocation is 6 MB; a larger batch is split. */
const LARGEST_EVENT_BYTES = 5_000_000
/** More than the attributes of a message and the JSON around it need. */
const BYTES_BESIDE_BODY = 1000

/** The batch in parts that each fit into one invocation. */
export function splitBySize(batch: readonly Message[]): Message[][] {
  const parts: Message[][] = []
  let room = 0
  for (const message of batch) {
    const size = BYTES_BESIDE_BODY + Buffer.byteLength(message.Body ?? '')
    if (size > room) {
      parts.push([])
      room = LARGEST_EVENT_BYTES
    }
    parts.at(-1)?.push(message)
    room -= size
  }
  return parts
}

const entriesOf = (messages: Message[]) =>
  messages.map(({ ReceiptHandle }, index) => ({ Id: `${index}`, ReceiptHandle }))

const tens = <T>(all: T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / 10) }, (_, index) => all.slice(10 * index, 10 * index + 10))
