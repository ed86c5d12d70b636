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

/** What the reason of a dead letter begins with, before its colon. */
export const DEAD_LETTER = {
  invalidTask: 'INVALID_TASK',
  invalidPoll: 'INVALID_POLL',
  failedRepeatedly: 'FAILED_REPEATEDLY',
} as const
export type DeadLetterCode = (typeof DEAD_LETTER)[keyof typeof DEAD_LETTER]
/** SQS itself moves a message that was received too often, and gives no reason. */
export const RECEIVED_TOO_OFTEN = 'RECEIVED_TOO_OFTEN'

/** The codes of the fleet's own in the error of a result; all others are the provider's. */
export const RESULT_ERROR = {
  invalidTask: 'INVALID_TASK',
  taskIdReused: 'TASK_ID_REUSED',
  deadlineExceeded: 'DEADLINE_EXCEEDED',
  submitUnknown: 'SUBMIT_UNKNOWN',
  solutionNotKept: 'SOLUTION_NOT_KEPT',
} as const
