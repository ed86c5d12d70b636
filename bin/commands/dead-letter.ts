import { parsePoll } from '../../functions/collect/parse-poll.ts'
import { ATTRIBUTE } from '../../functions/contract.ts'
import { attributesOf, type Travel, travelOf } from '../../functions/core/incoming.ts'
import { parseTask } from '../../functions/submit/parse-task.ts'
import type { Outgoing, Received } from './queue.ts'
import { plain } from './terminal.ts'

/** What a dead letter says of itself; nothing of its body but a well-formed task id. Times are ISO 8601 UTC. */
export interface DeadLetter {
  message: Received
  taskId: string
  /** The code that the reason begins with. */
  code: string
  reason: string
  firstSeen: string
  parks: number
  source: 'tasks' | 'polls'
  travel: Travel
}

/** SQS itself moves a message that was received too often, and writes no reason on it. */
const RECEIVED_TOO_OFTEN = 'RECEIVED_TOO_OFTEN'

export function readDeadLetter(message: Received): DeadLetter {
  const { attributes, body } = message
  const travel = travelOf(message)
  const parsed = parsePoll(body)
  const source = attributes[ATTRIBUTE.source] ?? ('poll' in parsed ? 'polls' : 'tasks')
  const taskId = plain('poll' in parsed ? parsed.poll.taskId : taskIdIn(body, travel.taskId))
  const reason = plain(attributes[ATTRIBUTE.reason] ?? `${RECEIVED_TOO_OFTEN}: moved here by SQS`)
  return {
    message,
    taskId,
    code: reason.split(':')[0] ?? reason,
    reason,
    firstSeen: plain(attributes[ATTRIBUTE.firstSeen] ?? new Date(travel.enqueuedAt).toISOString()),
    parks: travel.parks,
    source: source === 'polls' ? 'polls' : 'tasks',
    travel: { ...travel, taskId },
  }
}

/**
 * The message as it goes back to the queue it came from: under its first id, age and origin, so that a redrive hours
 * later, or twice, is the same task to the fleet and is not paid for again. It has not been parked since.
 */
export const revived = ({ message, travel }: DeadLetter): Outgoing => ({
  body: message.body,
  attributes: attributesOf({ ...travel, parks: 0 }),
})

function taskIdIn(body: string, otherwise: string): string {
  const parsed = parseTask(body, otherwise)
  return (parsed.kind === 'task' ? parsed.task.taskId : parsed.taskId) ?? otherwise
}
