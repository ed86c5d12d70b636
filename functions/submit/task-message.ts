import type { Message } from '../core/message/message.ts'
import { readTaskAttributes, type TaskAttributes } from '../core/message/task-attributes.ts'
import type { Task } from '../core/task/task.ts'
import { parseTask } from '../messages/parse-task.ts'
import { payloadText } from './payload-digest.ts'

/** A well-formed task message. */
export interface TaskMessage {
  kind: 'task'
  message: Message
  task: Task
  taskAttributes: TaskAttributes
  hash: string
  /** Milliseconds since 1970: after it a result is useless. */
  deadlineAt: number
}
/** By what a message is compared with the item that the table has of its task. */
export const identityOf = ({ hash, taskAttributes: { origin, unpaid } }: TaskMessage) => ({ hash, origin, unpaid })

/** A message that is not a valid task. `taskId`: the task's where a valid one could be read, else the message's id. */
export interface InvalidMessage {
  kind: 'invalid'
  message: Message
  taskAttributes: TaskAttributes
  taskId: string
  problems: string[]
}

export function parseTaskMessage(message: Message, digest: (text: string) => string): TaskMessage | InvalidMessage {
  const taskAttributes = readTaskAttributes(message)
  const parsed = parseTask(message.body, taskAttributes.taskId)
  if (parsed.kind === 'invalid') {
    const taskId = parsed.taskId ?? taskAttributes.taskId
    return {
      kind: 'invalid',
      message,
      taskAttributes: { ...taskAttributes, taskId },
      taskId,
      problems: parsed.problems,
    }
  }
  const { task } = parsed
  const deadlineAt = taskAttributes.enqueuedAt + task.deadlineSeconds * 1000
  const hash = digest(payloadText(task))
  return { kind: 'task', message, task, taskAttributes: { ...taskAttributes, taskId: task.taskId }, hash, deadlineAt }
}
