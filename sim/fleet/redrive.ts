import { ATTRIBUTE } from '../../functions/contract.ts'
import type { World } from './world.ts'

/**
 * Moves dead letters back as `lifesign redrive` does: a copy with a new message id and its own task id, origin and
 * enqueue time, then the dead letter is deleted. Invalid messages stay. Answers how many were moved.
 */
export function redrive({ queues, trace }: World): number {
  let moved = 0
  for (const message of queues.deadLetters.receive(Infinity)) {
    const { attributes, messageId, sentAt, body } = message
    if (attributes.reason?.startsWith('INVALID_')) continue
    const queue = attributes.source ?? (messageId.startsWith('polls') ? 'polls' : 'tasks')
    const kept = {
      [ATTRIBUTE.taskId]: attributes.taskId ?? messageId,
      [ATTRIBUTE.enqueuedAt]: attributes.enqueuedAt ?? String(sentAt),
      [ATTRIBUTE.parks]: attributes.parks ?? '0',
      [ATTRIBUTE.origin]: attributes.origin ?? messageId,
    }
    trace?.('redrive', `${messageId} back to ${queue}`)
    queues[queue === 'polls' ? 'polls' : 'tasks'].send({ body, attributes: kept })
    queues.deadLetters.remove(message.receipt)
    moved++
  }
  return moved
}
