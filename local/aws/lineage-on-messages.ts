import { isRecord } from '../../functions/contract/is-record.ts'
import type { EngineAnswer } from '../gateway/call.ts'
import type { Interceptor } from '../gateway/interceptor.ts'
import { listIn, readAnswer, withBody } from './json-answer.ts'
import { TRACE_ATTRIBUTE } from './trace-header.ts'

/** The most messages whose chain is remembered. The oldest are forgotten first and then count as sent by a client. */
const MOST_REMEMBERED = 100_000

/**
 * Keeps the trace header of each message that a function sends, and passes it to the receiver of the message, as SQS
 * does. The embedded engine has no system attributes, so the headers are kept here and end with this process.
 */
export function makeLineageOnMessages(): Interceptor {
  const headers = new Map<string, string>()

  function remember(answer: EngineAnswer, header: string): EngineAnswer {
    const sent = readAnswer(answer)
    for (const { MessageId } of sent === undefined ? [] : [sent, ...listIn(sent.Successful)]) {
      if (typeof MessageId === 'string') headers.set(MessageId, header)
    }
    for (const oldest of headers.keys()) {
      if (headers.size <= MOST_REMEMBERED) break
      headers.delete(oldest)
    }
    return answer
  }

  function tell(answer: EngineAnswer): EngineAnswer {
    const received = readAnswer(answer)
    const messages = listIn(received?.Messages)
    if (!messages.some(({ MessageId }) => headers.has(String(MessageId)))) return answer
    const told = messages.map((message) => {
      const header = headers.get(String(message.MessageId))
      if (header === undefined) return message
      const attributes = isRecord(message.Attributes) ? message.Attributes : {}
      return { ...message, Attributes: { ...attributes, [TRACE_ATTRIBUTE]: header } }
    })
    return withBody(answer, { ...received, Messages: told })
  }

  return ({ service, operation, headers: sent }) => {
    const header = sent['x-amzn-trace-id']
    if (service !== 'sqs') return { kind: 'pass' }
    if (operation === 'ReceiveMessage') return { kind: 'change', answer: tell }
    const sends = operation === 'SendMessage' || operation === 'SendMessageBatch'
    return sends && typeof header === 'string'
      ? { kind: 'change', answer: (answer) => remember(answer, header) }
      : { kind: 'pass' }
  }
}
