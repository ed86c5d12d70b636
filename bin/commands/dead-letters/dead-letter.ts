import { ATTRIBUTE, RECEIVED_TOO_OFTEN } from '../../../functions/contract/messages.ts'
import { redriveCopy } from '../../../functions/core/message/redrive-copy.ts'
import { readTaskAttributes, type TaskAttributes } from '../../../functions/core/message/task-attributes.ts'
import { parsePollMessage } from '../../../functions/messages/parse-poll-message.ts'
import { parseTask } from '../../../functions/messages/parse-task.ts'
import { plain } from '../cli/terminal.ts'
import type { Outgoing, Received } from '../fleet/queue.ts'

/** The facts of a dead letter. Of its body only a well-formed task id is used. Times are ISO 8601 UTC. */
export interface DeadLetter {
  message: Received
  taskId: string
  /** The code that the reason begins with. */
  code: string
  reason: string
  firstSeen: string
  parks: number
  source: 'tasks' | 'polls'
  taskAttributes: TaskAttributes
}

export function readDeadLetter(message: Received): DeadLetter {
  const { attributes, body } = message
  const taskAttributes = readTaskAttributes(message)
  const parsed = parsePollMessage(body)
  const source = attributes[ATTRIBUTE.source] ?? ('poll' in parsed ? 'polls' : 'tasks')
  const taskId = plain('poll' in parsed ? parsed.poll.item.taskId : taskIdIn(body, taskAttributes.taskId))
  const reason = plain(attributes[ATTRIBUTE.reason] ?? `${RECEIVED_TOO_OFTEN}: moved here by SQS`)
  return {
    message,
    taskId,
    code: reason.split(':')[0] ?? reason,
    reason,
    firstSeen: plain(attributes[ATTRIBUTE.firstSeen] ?? new Date(taskAttributes.enqueuedAt).toISOString()),
    parks: taskAttributes.parks,
    source: source === 'polls' ? 'polls' : 'tasks',
    taskAttributes: { ...taskAttributes, taskId },
  }
}

export const redriveLetter = ({ message, taskAttributes }: DeadLetter): Outgoing =>
  redriveCopy(message.body, taskAttributes)

function taskIdIn(body: string, otherwise: string): string {
  const parsed = parseTask(body, otherwise)
  return (parsed.kind === 'task' ? parsed.task.taskId : parsed.taskId) ?? otherwise
}
