import { parsePoll } from '../../functions/collect/parse-poll.ts'
import { ATTRIBUTE } from '../../functions/contract.ts'
import { type Travel, travelOf } from '../../functions/core/incoming.ts'
import { redriven } from '../../functions/core/redrive.ts'
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

export const revived = ({ message, travel }: DeadLetter): Outgoing => redriven(message.body, travel)

function taskIdIn(body: string, otherwise: string): string {
  const parsed = parseTask(body, otherwise)
  return (parsed.kind === 'task' ? parsed.task.taskId : parsed.taskId) ?? otherwise
}
