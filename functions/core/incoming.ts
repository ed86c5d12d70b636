import type { Message } from './ports.ts'
import { readReason } from './waiting-reason.ts'

/** Where a message stands in the life of its task, whether a client sent it or the fleet parked it. */
export interface Travel {
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

const ATTRIBUTES = {
  taskId: 'taskId',
  enqueuedAt: 'enqueuedAt',
  parks: 'parks',
  origin: 'origin',
  unpaid: 'unpaid',
  while: 'while',
} as const
const TASK_ID = /^[A-Za-z0-9._:-]{1,128}$/
/** Message ids and attempts. Anything longer was not written by the fleet and would burst the item that keeps it. */
const SHORT_ID = /^[\w-]{1,128}$/

/** The last ones that a copy carries; one alone can still be claimed. */
const MOST_UNPAID = 16

/** An attribute that is no number, is of the future or is older than a redrive can be, was not written by the fleet. */
const OLDEST_MS = 30 * 86_400_000

export function travelOf(message: Message): Travel {
  const { attributes, messageId, sentAt } = message
  const id = attributes[ATTRIBUTES.taskId] ?? ''
  const enqueuedAt = Number(attributes[ATTRIBUTES.enqueuedAt] ?? Number.NaN)
  const origin = attributes[ATTRIBUTES.origin] ?? ''
  const parks = Number(attributes[ATTRIBUTES.parks] ?? 0)
  return {
    taskId: TASK_ID.test(id) ? id : messageId,
    enqueuedAt: enqueuedAt <= sentAt && enqueuedAt > sentAt - OLDEST_MS ? enqueuedAt : sentAt,
    parks: Number.isInteger(parks) && parks >= 0 ? parks : 0,
    origin: SHORT_ID.test(origin) ? origin : messageId,
    unpaid: (attributes[ATTRIBUTES.unpaid] ?? '').split(',').filter((attempt) => SHORT_ID.test(attempt)),
    while: readReason(attributes[ATTRIBUTES.while]),
  }
}

export const attributesOf = (travel: Travel): Record<string, string> => ({
  [ATTRIBUTES.taskId]: travel.taskId,
  [ATTRIBUTES.enqueuedAt]: String(Math.round(travel.enqueuedAt)),
  [ATTRIBUTES.parks]: String(travel.parks),
  [ATTRIBUTES.origin]: travel.origin,
  ...(travel.unpaid.length === 0 ? {} : { [ATTRIBUTES.unpaid]: travel.unpaid.slice(-MOST_UNPAID).join(',') }),
  ...(travel.while === undefined ? {} : { [ATTRIBUTES.while]: travel.while }),
})
