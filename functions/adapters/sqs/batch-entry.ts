import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { LIMITS } from '../../contract/limits.ts'
import type { OutgoingMessage } from '../../core/message/message.ts'

/** The most bytes of one message, and of one call with all its messages: bodies and attributes. */
const MOST_BYTES = LIMITS.messageBytes
/** The most messages of one call. */
export const MOST_MESSAGES = 10
/** The characters that SQS refuses: all that XML 1.0 cannot hold. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

/** `Id` is the message's index in the call. */
export function batchEntry(
  { body, delaySeconds = 0, attributes = {} }: OutgoingMessage,
  place: number,
): SendMessageBatchRequestEntry {
  const MessageBody = legalBody(body)
  const DelaySeconds = Math.min(Math.max(Math.ceil(delaySeconds), 0), LIMITS.longestDelaySeconds)
  const kept = fitting(legalAttributes(attributes), MOST_BYTES - Buffer.byteLength(MessageBody))
  const MessageAttributes = Object.fromEntries(
    kept.map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  )
  return { Id: String(place), MessageBody, DelaySeconds, ...(kept.length === 0 ? {} : { MessageAttributes }) }
}

/** In a JSON body an illegal character is part of a string, where its escape means the same. */
const legalBody = (body: string): string =>
  body.replace(ILLEGAL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Leaves out empty attributes, because SQS refuses them. */
const legalAttributes = (attributes: Record<string, string>): [string, string][] =>
  Object.entries(attributes).flatMap(([name, value]) =>
    value === '' ? [] : [[name, value.replace(ILLEGAL, '\u{FFFD}')] satisfies [string, string]],
  )

/**
 * A body of the greatest size leaves no room for attributes. The longest attributes are left out first; the body is
 * kept as it is.
 */
function fitting(attributes: [string, string][], room: number): [string, string][] {
  const kept = [...attributes].sort((a, b) => sizeOf(a) - sizeOf(b))
  while (kept.length > 0 && kept.reduce((sum, one) => sum + sizeOf(one), 0) > room) kept.pop()
  return kept
}

const sizeOf = ([name, value]: [string, string]): number =>
  Buffer.byteLength(name) + 'String'.length + Buffer.byteLength(value)

const bytesOf = ({ MessageBody, MessageAttributes = {} }: SendMessageBatchRequestEntry): number =>
  Object.entries(MessageAttributes).reduce(
    (sum, [name, { StringValue = '' }]) => sum + sizeOf([name, StringValue]),
    Buffer.byteLength(MessageBody ?? ''),
  )

/** Splits the entries, in order, into calls of the size that SQS accepts. */
export function batchesOf(entries: SendMessageBatchRequestEntry[]): SendMessageBatchRequestEntry[][] {
  const batches: SendMessageBatchRequestEntry[][] = []
  let room = 0
  for (const entry of entries) {
    const bytes = bytesOf(entry)
    const batch = batches.at(-1)
    if (batch === undefined || batch.length === MOST_MESSAGES || bytes > room) {
      batches.push([entry])
      room = MOST_BYTES - bytes
    } else {
      batch.push(entry)
      room -= bytes
    }
  }
  return batches
}
