/** A task id, as a client or the fleet may write it. */
export const TASK_ID = /^[A-Za-z0-9._:-]{1,128}$/

/** String attributes of messages that the fleet itself parks or dead-letters. */
export const ATTRIBUTE = {
  taskId: 'taskId',
  /** When the task first entered the task queue, milliseconds since 1970. */
  enqueuedAt: 'enqueuedAt',
  /** How often the task has been parked. */
  parks: 'parks',
  /** The message the task first came with: what tells a redelivery from a client's duplicate. */
  origin: 'origin',
  /** Attempts, with commas, that were never paid, although the table may still say that one is claimed. */
  unpaid: 'unpaid',
  /** Why it was parked last, for the result of a task that expires. */
  while: 'while',
  reason: 'reason',
  detail: 'detail',
  firstSeen: 'firstSeen',
  /** Which queue a dead letter came from: `tasks` or `polls`. */
  source: 'source',
} as const
