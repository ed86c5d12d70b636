import { type Travel, travelOf } from '../core/incoming.ts'
import { payloadText } from '../core/payload.ts'
import type { Message } from '../core/ports.ts'
import type { Task } from '../core/task.ts'
import { parseTask } from './parse-task.ts'

/** A well-formed task message. */
export interface Arrival {
  message: Message
  task: Task
  travel: Travel
  hash: string
  /** Milliseconds since 1970: after it a result is useless. */
  deadlineAt: number
}
/** What the message says of itself to whoever holds its task. */
export const claimantOf = ({ hash, travel: { origin, unpaid } }: Arrival) => ({ hash, origin, unpaid })

/** A message that is no task. `taskId`: where a valid one could be read, else the message's. */
export interface Misfit {
  message: Message
  travel: Travel
  taskId: string
  problems: string[]
}

export function readArrival(
  message: Message,
  digest: (text: string) => string,
): { arrival: Arrival } | { misfit: Misfit } {
  const travel = travelOf(message)
  const parsed = parseTask(message.body, travel.taskId)
  if (parsed.kind === 'invalid') {
    const taskId = parsed.taskId ?? travel.taskId
    return { misfit: { message, travel: { ...travel, taskId }, taskId, problems: parsed.problems } }
  }
  const { task } = parsed
  const deadlineAt = travel.enqueuedAt + task.deadlineSeconds * 1000
  const hash = digest(payloadText(task))
  return { arrival: { message, task, travel: { ...travel, taskId: task.taskId }, hash, deadlineAt } }
}
