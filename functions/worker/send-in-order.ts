import type { Disposition } from '../core/message/disposition.ts'
import type { OutgoingMessage, QueueName } from '../core/message/message.ts'
import type { MessageSender } from '../core/ports.ts'

const QUEUES: readonly QueueName[] = ['polls', 'tasks', 'results', 'deadLetters']

/**
 * Sends what the dispositions of a batch have to send, queue by queue in as few requests as may be. Answers, in order,
 * whether each disposition's sends have all arrived. Poll messages go first: they stand for money already spent.
 */
export async function sendInOrder(sender: MessageSender, dispositions: Disposition[]): Promise<boolean[]> {
  const arrived = dispositions.map(() => true)
  for (const queue of QUEUES) {
    const batch: { owner: number; message: OutgoingMessage }[] = dispositions.flatMap((disposition, owner) =>
      disposition.sends.filter((send) => send.queue === queue).map(({ message }) => ({ owner, message })),
    )
    if (batch.length === 0) continue
    const sent = await sender.send(
      queue,
      batch.map(({ message }) => message),
    )
    batch.forEach(({ owner }, i) => {
      if (sent[i] !== true) arrived[owner] = false
    })
  }
  return arrived
}
