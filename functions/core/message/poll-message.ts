import type { Reply, SettledItem, SubmittedItem } from '../task/task.ts'
import type { OutgoingTo } from './message.ts'

/**
 * The poll message of a submitted task: one message on the poll queue that stays there until the task is settled. It
 * carries all that collect needs, so that the normal task costs no read. Times are milliseconds since 1970.
 */
export interface PollMessage {
  taskId: string
  attempt: string
  provider: string
  captchaId: string
  method: string
  enqueuedAt: number
  submittedAt: number
  deadlineAt: number
  reply: Reply
  /** Charges so far, this one included, and what became of the earlier ones; see ItemFacts. */
  charges: number
  uncertainCharges: number
  unsolvable: number
  lostIdResubmits: number
  /** False: the table could not be told of this submit; collect repairs it. */
  recorded: boolean
  /** The task message itself (empty: it is lost) and where it came from, for a re-submit. */
  body: string
  origin: string
  /** The plan of the looks at this very message, and what the looks before it have shown: see PlannedPoll. */
  firstPollAt?: number | undefined
  intervalSeconds?: number | undefined
  lastPendingAt?: number | undefined
  /** Why the last look failed, where it did; see waiting-reason.ts. */
  while?: string | undefined
}

/**
 * A poll message for a task that is solved and whose solution only its provider still knows: the callback that settled it
 * may have failed to send the result, and the first poll message may never have been sent. Null: nothing is missing.
 */
export function pollMessageForSettled(item: SettledItem, body: string): PollMessage | null {
  const { result, settledBy } = item
  const { provider, captchaId, submittedAt } = result
  const isComplete = item.state !== 'solved' || item.reply === 'record' || result.solution !== undefined
  if (isComplete || settledBy === null || !provider || !captchaId || submittedAt === undefined) return null
  const submitted = { provider, captchaId, submittedAt: Date.parse(submittedAt), attempt: settledBy }
  return pollMessageOf({ ...item, ...submitted, state: 'submitted' }, body, true)
}

export function pollMessageOf(item: SubmittedItem, body: string, recorded: boolean): PollMessage {
  const { taskId, attempt, provider, captchaId, method, enqueuedAt, submittedAt, deadlineAt, reply } = item
  const { charges, uncertainCharges, unsolvable, lostIdResubmits, origin } = item
  const task = { taskId, attempt, provider, captchaId, method, enqueuedAt, submittedAt, deadlineAt, reply }
  return { ...task, charges, uncertainCharges, unsolvable, lostIdResubmits, recorded, body, origin }
}

/** A poll message that takes the place of one that may be missing. */
export const sendOfPoll = (poll: PollMessage): OutgoingTo => ({
  queue: 'polls',
  message: { body: JSON.stringify(poll), delaySeconds: 1 },
})
