import type { Handled } from '../core/message/disposition.ts'
import type { OutgoingTo, QueueName } from '../core/message/message.ts'
import type { MessageSender } from '../core/ports.ts'

/** The poll queue goes first: its messages stand for money already spent. */
const QUEUES: readonly QueueName[] = ['polls', 'tasks', 'results', 'deadLetters']

/**
 * Sends what a batch has to send, queue by queue in as few requests as possible. `delivered`: all of it has arrived.
 */
export async function sendInOrder<T extends { handled: Handled }>(
  sender: MessageSender,
  batch: readonly T[],
): Promise<(T & { delivered: boolean })[]> {
  const deliveries = batch.map((one) => ({ ...one, delivered: true }))
  for (const queue of QUEUES) {
    const sends = deliveries.flatMap((delivery) =>
      sendsOf(delivery.handled).flatMap((send) => (send.queue === queue ? [{ delivery, message: send.message }] : [])),
    )
    if (sends.length === 0) continue
    const sent = await sender.send(
      queue,
      sends.map(({ message }) => message),
    )
    for (const [i, { delivery }] of sends.entries()) if (sent[i] !== true) delivery.delivered = false
  }
  return deliveries
}

const sendsOf = ({ disposition }: Handled): readonly OutgoingTo[] =>
  disposition.kind === 'ack' ? disposition.send : []
