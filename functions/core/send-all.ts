import type { Journey } from './journey.ts'
import type { Outbox, Outgoing, QueueName } from './ports.ts'

const QUEUES: readonly QueueName[] = ['polls', 'tasks', 'results', 'deadLetters']

/**
 * Sends what the journeys of a batch have to send, queue by queue in as few requests as may be. Answers, in order,
 * whether each journey's sends have all arrived. Heartbeats go first: they stand for money already spent.
 */
export async function sendAll(outbox: Outbox, journeys: Journey[]): Promise<boolean[]> {
  const arrived = journeys.map(() => true)
  for (const queue of QUEUES) {
    const batch: { owner: number; message: Outgoing }[] = journeys.flatMap((journey, owner) =>
      journey.sends.filter((send) => send.queue === queue).map(({ message }) => ({ owner, message })),
    )
    if (batch.length === 0) continue
    const sent = await outbox.send(
      queue,
      batch.map(({ message }) => message),
    )
    batch.forEach(({ owner }, i) => {
      if (sent[i] !== true) arrived[owner] = false
    })
  }
  return arrived
}
