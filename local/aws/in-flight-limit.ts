import type { EngineAnswer } from '../gateway/call.ts'
import type { Intercepted, Interceptor } from '../gateway/interceptor.ts'
import { listIn, queueNameOf, readAnswer, sqsAnswer } from './json-answer.ts'

/** Above the limit a long poll ends without a message. Ours ends early, so that the next one is not late. */
const EMPTY_AFTER_MS = 1000

interface InFlightOptions {
  /** The most messages of one queue that may be received and not yet deleted. */
  most: number
  visibilitySeconds: (queueName: string) => number
  now: () => number
  pause: (milliseconds: number) => Promise<void>
}

/**
 * Keeps the messages in flight (received and not yet deleted) of each queue within the limit of SQS. They are counted
 * here, because the embedded engine counts a message as hidden until the next receive, which this limit may be holding
 * back.
 */
export function makeInFlightLimit({ most, visibilitySeconds, now, pause }: InFlightOptions): Interceptor {
  /** Queue → receipt → the time when the message becomes visible again. */
  const hidden = new Map<string, Map<string, number>>()

  function inFlightOf(queueName: string): Map<string, number> {
    const known = hidden.get(queueName) ?? new Map<string, number>()
    for (const [receipt, until] of known) if (until <= now()) known.delete(receipt)
    hidden.set(queueName, known)
    return known
  }

  function hide(queueName: string, receipt: unknown, seconds: unknown): void {
    if (typeof receipt === 'string' && typeof seconds === 'number') {
      inFlightOf(queueName).set(receipt, now() + seconds * 1000)
    }
  }

  const remember = (queueName: string) => (answer: EngineAnswer) => {
    for (const { ReceiptHandle } of listIn(readAnswer(answer)?.Messages)) {
      hide(queueName, ReceiptHandle, visibilitySeconds(queueName))
    }
    return answer
  }

  async function receive(queueName: string, input: Readonly<Record<string, unknown>>): Promise<Intercepted> {
    const wanted = typeof input.MaxNumberOfMessages === 'number' ? input.MaxNumberOfMessages : 1
    const room = Math.min(wanted, most - inFlightOf(queueName).size)
    if (room <= 0) {
      await pause(EMPTY_AFTER_MS)
      return { kind: 'answer', answer: sqsAnswer({}) }
    }
    const body = Buffer.from(JSON.stringify({ ...input, MaxNumberOfMessages: room }))
    return { kind: 'change', body, answer: remember(queueName) }
  }

  return ({ service, operation, input }) => {
    if (service !== 'sqs') return { kind: 'pass' }
    const queueName = queueNameOf(input.QueueUrl)
    if (operation === 'ReceiveMessage') return receive(queueName, input)
    const entries = [input, ...listIn(input.Entries)]
    for (const { ReceiptHandle, VisibilityTimeout } of entries) {
      if (operation.startsWith('DeleteMessage')) inFlightOf(queueName).delete(String(ReceiptHandle))
      if (operation.startsWith('ChangeMessageVisibility')) hide(queueName, ReceiptHandle, VisibilityTimeout)
    }
    return { kind: 'pass' }
  }
}
