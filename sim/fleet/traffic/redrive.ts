import { DEAD_LETTER } from '../../../functions/contract/messages.ts'
import { redriveCopy } from '../../../functions/core/message/redrive-copy.ts'
import { readTaskAttributes } from '../../../functions/core/message/task-attributes.ts'
import type { World } from '../world.ts'

/**
 * Moves dead letters back as `lifesign redrive` does: a copy with a new message id is sent, then the dead letter is
 * deleted. Invalid messages stay. Answers how many were moved.
 */
export function redriveDeadLetters({ queues, trace }: Pick<World, 'queues' | 'trace'>): number {
  let moved = 0
  for (const message of queues.deadLetters.receive(Infinity)) {
    const { attributes, messageId, body } = message
    if (isInvalid(attributes.reason)) continue
    const queue = attributes.source ?? (messageId.startsWith('polls') ? 'polls' : 'tasks')
    trace?.('redrive', `${messageId} back to ${queue}`)
    queues[queue === 'polls' ? 'polls' : 'tasks'].send(redriveCopy(body, readTaskAttributes(message)))
    queues.deadLetters.remove(message.receipt)
    moved++
  }
  return moved
}

const isInvalid = (reason = ''): boolean =>
  [DEAD_LETTER.invalidTask, DEAD_LETTER.invalidPoll].some((code) => reason.startsWith(`${code}:`))
