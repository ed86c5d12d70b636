import { LIMITS } from '../contract/limits.ts'
import type { SubmitContext } from './ports.ts'
import type { TaskMessage } from './task-message.ts'

/** What the item of a task holds before any provider was asked: the facts of its message, a new attempt, no charge. */
export function newItemFacts({ clock, ids }: Pick<SubmitContext, 'clock' | 'ids'>, taskMessage: TaskMessage) {
  const { task, taskAttributes, hash, deadlineAt } = taskMessage
  return {
    taskId: task.taskId,
    method: task.method,
    hash,
    attempt: ids.secret(),
    origin: taskAttributes.origin,
    enqueuedAt: taskAttributes.enqueuedAt,
    deadlineAt,
    reply: task.reply,
    charges: 0,
    uncertainCharges: 0,
    unsolvable: 0,
    lostIdResubmits: 0,
    httpErrors: 0,
    lost: [],
    ttl: Math.ceil(clock.now() / 1000) + LIMITS.taskItemDays * 86_400,
  }
}
