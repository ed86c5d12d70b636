import { countsRequests } from '../provider/profiles.ts'
import { gapAfter } from './poll-gap.ts'

/**
 * The polls by one poll message follow a plan that does not drift: the first one at `firstPollAt`, then one every
 * interval, later at longer ones (see poll-gap.ts), one just before the deadline and one at it. After an answered poll
 * that was on schedule the message is only hidden until the next planned poll; after any other poll its place is taken
 * by a copy that says when the task was last known to be pending. So whoever receives the message can tell from the
 * plan alone what the polls before it have shown.
 */
export interface PlannedPoll {
  provider: string
  deadlineAt: number
  /** Absent, with `intervalSeconds`: no poll is planned, and nothing can be told but what the message carries. */
  firstPollAt?: number | undefined
  intervalSeconds?: number | undefined
  submittedAt: number
  /** When the task was last known to be pending, by polls before this plan. */
  lastPendingAt?: number | undefined
}

/** One receive of a poll message. */
interface PollReceive {
  /** Before the provider is asked. */
  at: number
  /** 1 at the first receive. */
  receiveCount: number
  /** How long the queue hides a message that a worker received and did nothing about. */
  visibilitySeconds: number
}

export interface PollTiming {
  /** The latest time at which the task is known to have been pending, before this poll: never later than true. */
  lastPendingAt: number
  /** An answer that it is pending, given until then, leaves the message in the queue; a later one leads to a copy. */
  answerBy: number
  /** When the message is to be visible again then. */
  nextPollAt: number
  /**
   * Where no copy can be sent, the message may come back from then on: nobody will believe more than this poll showed.
   */
  mayReturnAt: { afterPending: number; unanswered: number }
}

/** A poll that is answered so much later than planned still counts as on schedule. */
export const PUNCTUAL_MS = 2000
/** Lambda may let a visible message wait for so long when there is little to do. */
const LONGEST_WAIT_MS = 20_000
/** More than the clocks of two workers differ by: see adapters/system/server-clock.ts. */
const CLOCKS_DIFFER_MS = 5000
/** A hide lasts whole seconds, so the last poll that can help begins one to two seconds before the deadline. */
export const BEFORE_DEADLINE_MS = 1999

/** When the `n`-th poll (from 1) is planned; never earlier than the one before it. */
export function plannedPollAt({ provider, submittedAt, firstPollAt, intervalMs, deadlineAt }: Plan, n: number): number {
  const last = deadlineAt - BEFORE_DEADLINE_MS
  let at = firstPollAt
  for (let regular = 1; at <= last; regular += 1) {
    if (regular === n) return at
    at += gapAfter(at - submittedAt, intervalMs, countsRequests(provider))
    if (at > last) return regular + 1 === n ? last : deadlineAt + (n - regular - 2) * intervalMs
  }
  return n === 1 ? last : deadlineAt + (n - 2) * intervalMs
}
interface Plan {
  provider: string
  submittedAt: number
  firstPollAt: number
  intervalMs: number
  deadlineAt: number
}

/**
 * What a receive can know of the polls before it. A worker that died leaves its message hidden for the visibility
 * timeout, so a message that is back before half of it was hidden by a worker whose poll was answered: the task was
 * pending then. The other half is room for clocks that differ and for receives that came before their time. A message
 * that is back before the next planned poll is a duplicate delivery, and its receive count says nothing.
 */
export function timingOf(poll: PlannedPoll, { at, receiveCount, visibilitySeconds }: PollReceive): PollTiming {
  const carried = poll.lastPendingAt ?? poll.submittedAt
  if (poll.firstPollAt === undefined || poll.intervalSeconds === undefined) return unplanned(carried, at)
  const plan = { ...poll, firstPollAt: poll.firstPollAt, intervalMs: poll.intervalSeconds * 1000 }
  const believedMs = (visibilitySeconds * 1000) / 2
  const here = plannedPollAt(plan, receiveCount)
  const nextPollAt = plannedPollAt(plan, receiveCount + 1)
  const before = receiveCount > 1 ? plannedPollAt(plan, receiveCount - 1) : null
  const isEarly = at < here
  const mayHaveTimedOut = before !== null && at >= before + believedMs
  // From the deadline on nothing is solved any more, by whatever clock.
  const timedOutBy = Math.min(here + believedMs, poll.deadlineAt) + CLOCKS_DIFFER_MS
  const isNextBelieved = nextPollAt + LONGEST_WAIT_MS < here + believedMs
  return {
    lastPendingAt: before === null || isEarly || mayHaveTimedOut ? carried : Math.max(carried, before),
    answerBy: isEarly || mayHaveTimedOut || !isNextBelieved ? NEVER : here + PUNCTUAL_MS,
    nextPollAt,
    mayReturnAt: { afterPending: isEarly ? timedOutBy : nextPollAt, unanswered: timedOutBy },
  }
}

const NEVER = Number.NEGATIVE_INFINITY
const unplanned = (lastPendingAt: number, at: number): PollTiming => ({
  ...{ lastPendingAt, answerBy: NEVER, nextPollAt: at, mayReturnAt: { afterPending: at, unanswered: at } },
})
