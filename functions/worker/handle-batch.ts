import type { Disposition, Handled } from '../core/message/disposition.ts'
import type { Message } from '../core/message/message.ts'
import type { Clock, MessageSender, VisibilityPort } from '../core/ports.ts'
import { sendInOrder } from './send-in-order.ts'

/** One message of a batch, from its receive to what became of it. */
export interface Delivery<R extends Received, H extends Handled = Handled> {
  received: R
  handled: H
  /** Everything that had to be sent for it has arrived. */
  delivered: boolean
}
/** A received message with what was parsed of it. */
interface Received {
  message: Message
}

/**
 * Handles every message of a batch at the same time, sends what is to be sent for them, and sets when those that stay
 * in the queue are visible again. Without `visibility` they come back by their visibility timeout. `meanwhile` begins
 * with the sends and does not depend on them.
 */
export async function handleBatch<R extends Received, H extends Handled>(
  ports: { sender: MessageSender; clock: Clock; visibility?: VisibilityPort },
  batch: readonly R[],
  handle: (received: R) => Promise<H>,
  meanwhile?: (handled: readonly H[]) => Promise<void>,
): Promise<Delivery<R, H>[]> {
  const { sender, clock, visibility } = ports
  const handled = await Promise.all(batch.map(async (received) => ({ received, handled: await handle(received) })))
  const hides = handled.flatMap(({ received: { message }, handled: { disposition } }) =>
    disposition.kind === 'hide' ? [holdOf(message, (disposition.until - clock.now()) / 1000)] : [],
  )
  const [deliveries] = await Promise.all([
    sendInOrder(sender, handled),
    visibility?.extend(hides),
    meanwhile?.(handled.map((one) => one.handled)),
  ])
  const retries = deliveries.filter(isKept).flatMap(({ received: { message }, handled: { disposition } }) => {
    const seconds = retrySeconds(disposition)
    return seconds === undefined ? [] : [holdOf(message, seconds)]
  })
  if (retries.length > 0) await visibility?.extend(retries)
  return deliveries
}

/** Whether the message must stay in the queue. */
export const isKept = ({ handled, delivered }: Pick<Delivery<Received>, 'handled' | 'delivered'>): boolean =>
  !delivered || handled.disposition.kind !== 'ack'

/** The ids of the messages that must stay in the queue. */
export const keptIds = (deliveries: readonly Delivery<Received>[]): string[] =>
  deliveries.filter(isKept).map(({ received }) => received.message.messageId)

const holdOf = ({ receipt }: Message, seconds: number) => ({ receipt, seconds: Math.max(1, Math.ceil(seconds)) })

function retrySeconds(disposition: Disposition): number | undefined {
  switch (disposition.kind) {
    case 'ack':
      return disposition.retryAfterSeconds
    case 'retry':
      return disposition.afterSeconds
    case 'hide':
      return undefined
  }
}
