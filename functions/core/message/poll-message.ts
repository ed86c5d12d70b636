import { factsOf, type SettledItem, type SubmittedItem } from '../task/task.ts'
import type { OutgoingTo } from './message.ts'

/** The item of a submitted task. Its secret stays in the table. */
type PolledItem = Omit<SubmittedItem, 'token'> & { token?: never }

/**
 * The poll message of a submitted task: one message on the poll queue that stays there until the task is settled. It
 * carries all that collect needs, so that the normal task costs no read. Times are milliseconds since 1970.
 */
export interface PollMessage {
  /** As it stood right after the submit. */
  item: PolledItem
  /** False: the table could not be told of this submit; collect repairs it. */
  recorded: boolean
  /** The task message itself, for a re-submit; empty: it is lost. */
  body: string
  /** The provider was given an address to call back: the task may be settled before its first poll. */
  callback?: boolean | undefined
  /** The plan of the polls by this very message, and what the polls before it have shown: see PlannedPoll. */
  firstPollAt?: number | undefined
  intervalSeconds?: number | undefined
  lastPendingAt?: number | undefined
  /** When the first poll would have come, had the submit been recorded. Until then a poll only serves to record it. */
  regularFrom?: number | undefined
  /** Why the last poll failed, where it did; see waiting-reason.ts. */
  while?: string | undefined
}

/**
 * A poll message for a task that is solved and whose solution only its provider still knows: the callback that settled
 * it may have failed to send the result, and the first poll message may never have been sent. Null: nothing is missing.
 */
export function pollMessageForSettled(item: SettledItem, body: string): PollMessage | null {
  const { result, settledBy } = item
  const { provider, captchaId, submittedAt } = result
  const isComplete = item.state !== 'solved' || item.reply === 'record' || result.solution !== undefined
  if (isComplete || settledBy === null || !provider || !captchaId || submittedAt === undefined) return null
  const submitted = { provider, captchaId, submittedAt: Date.parse(submittedAt), attempt: settledBy }
  return pollMessageOf({ ...factsOf(item), ...submitted, state: 'submitted' }, body, true)
}

export function pollMessageOf({ token: _, ...item }: SubmittedItem, body: string, recorded: boolean): PollMessage {
  return { item, recorded, body }
}

/** A poll message that takes the place of one that may be missing. */
export const sendOfPoll = (poll: PollMessage): OutgoingTo => ({
  queue: 'polls',
  message: { body: JSON.stringify(poll), delaySeconds: 1 },
})
