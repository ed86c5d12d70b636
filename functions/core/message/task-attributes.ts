import { ATTRIBUTE, TASK_ID } from '../../contract/messages.ts'
import { readReason } from '../task/waiting-reason.ts'
import type { Message } from './message.ts'

/** Where a message stands in the life of its task, whether a client sent it or the fleet parked it. */
export interface TaskAttributes {
  /** The resolved id, where the fleet wrote it down: a copy has a message id of its own. */
  taskId: string
  enqueuedAt: number
  parks: number
  /** Equal for all copies and redeliveries of one message of a client. */
  origin: string
  /** Attempts that their workers know to be unpaid, although the table may still say that one is claimed. */
  unpaid: string[]
  /** Why it was parked last; see waiting-reason.ts. */
  while?: string | undefined
}

/** Message ids and attempts. Anything longer was not written by the fleet and would burst the item that keeps it. */
const SHORT_ID = /^[\w-]{1,128}$/

/** The last ones that a copy carries; one alone can still be claimed. */
const MOST_UNPAID = 16

/** An attribute that is no number, is of the future or is older than a redrive can be, was not written by the fleet. */
const OLDEST_MS = 30 * 86_400_000

export function readTaskAttributes(message: Message): TaskAttributes {
  const { attributes, messageId, sentAt } = message
  const id = attributes[ATTRIBUTE.taskId] ?? ''
  const enqueuedAt = Number(attributes[ATTRIBUTE.enqueuedAt] ?? Number.NaN)
  const origin = attributes[ATTRIBUTE.origin] ?? ''
  const parks = Number(attributes[ATTRIBUTE.parks] ?? 0)
  return {
    taskId: TASK_ID.test(id) ? id : messageId,
    enqueuedAt: enqueuedAt <= sentAt && enqueuedAt > sentAt - OLDEST_MS ? enqueuedAt : sentAt,
    parks: Number.isInteger(parks) && parks >= 0 ? parks : 0,
    origin: SHORT_ID.test(origin) ? origin : messageId,
    unpaid: (attributes[ATTRIBUTE.unpaid] ?? '').split(',').filter((attempt) => SHORT_ID.test(attempt)),
    while: readReason(attributes[ATTRIBUTE.while]),
  }
}

export const writeTaskAttributes = (taskAttributes: TaskAttributes): Record<string, string> => ({
  [ATTRIBUTE.taskId]: taskAttributes.taskId,
  [ATTRIBUTE.enqueuedAt]: String(Math.round(taskAttributes.enqueuedAt)),
  [ATTRIBUTE.parks]: String(taskAttributes.parks),
  [ATTRIBUTE.origin]: taskAttributes.origin,
  ...(taskAttributes.unpaid.length === 0
    ? {}
    : { [ATTRIBUTE.unpaid]: taskAttributes.unpaid.slice(-MOST_UNPAID).join(',') }),
  ...(taskAttributes.while === undefined ? {} : { [ATTRIBUTE.while]: taskAttributes.while }),
})
