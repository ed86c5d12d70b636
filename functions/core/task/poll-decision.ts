import { LIMITS } from '../../contract/limits.ts'
import { hashOf } from '../outcome/hash.ts'
import type { ResultAnswer } from '../provider/answers.ts'
import type { FailureClass, ProviderFailure } from '../provider/error-class.ts'
import { intervalOf, methodOf } from '../provider/methods.ts'
import { countsRequests } from '../provider/profiles.ts'
import { gapAfter } from './poll-gap.ts'
import type { Ending } from './settlement.ts'
import type { SubmittedItem } from './task.ts'
import { pendingReason, reasonOf } from './waiting-reason.ts'

/** What a decision reads of the task that was polled; a poll message carries it. */
interface PolledTask {
  item: Pick<
    SubmittedItem,
    'attempt' | 'method' | 'provider' | 'submittedAt' | 'deadlineAt' | 'unsolvable' | 'lostIdResubmits'
  >
  /** The task message itself; empty: it is lost. */
  body: string
  /** Why the last poll that failed did. */
  while?: string | undefined
}

/** What one poll of a submitted task leads to. */
export type Decision =
  | { kind: 'settle'; ending: Ending }
  | { kind: 'pollAgain'; inSeconds: number }
  | { kind: 'resubmit'; why: 'unsolvable' | 'lostId' }

/** Re-submits of one task that its provider could not solve, by cause. */
export const RESUBMITS = { unsolvable: 2, lostId: 1 } as const
/** How much slower we ask while the provider cannot answer for reasons that are not the task's. */
const SLOWER: Partial<Record<FailureClass, number>> = {
  capacity: 2,
  transient: 2,
  uncertain: 2,
  rate: 2,
  auth: 6,
  funds: 6,
  blocked: 6,
}
const LONGEST_WAIT_SECONDS = 300

/**
 * `lastPendingAt`: when it was last known to be pending; `pollSeconds`: the setting, null for the method's own;
 * `calledAt`: when a callback told of the solution.
 */
export function decide(
  poll: PolledTask,
  answer: ResultAnswer,
  now: number,
  { lastPendingAt, pollSeconds, calledAt }: { lastPendingAt: number; pollSeconds: number | null; calledAt?: number },
): Decision {
  const { attempt, method, provider, submittedAt, deadlineAt } = poll.item
  // After the deadline a result is useless, an answer that has just come included.
  if (now >= deadlineAt) return { kind: 'settle', ending: { kind: 'expired', while: lastReason(poll, answer) } }
  const intervalMs = intervalOf(method, pollSeconds) * 1000
  const interval = gapAfter(now - submittedAt, intervalMs, countsRequests(provider)) / 1000
  switch (answer.kind) {
    case 'pending':
      return { kind: 'pollAgain', inSeconds: untilNextPoll(interval, deadlineAt - now, longestPending(provider)) }
    case 'solved': {
      // It may have been issued right after the task was last known to be pending.
      const usableUntil = methodOf(method).token ? Math.min(lastPendingAt, now) + LIMITS.tokenLifeSeconds * 1000 : null
      const doneAt = calledAt ?? solvedAround(attempt, lastPendingAt, { foundAt: now, interval })
      return { kind: 'settle', ending: { kind: 'solved', solution: answer.solution, usableUntil, doneAt } }
    }
    case 'failed':
      return decideFailure(poll, answer.failure, interval, now)
  }
}

/**
 * When the solver was done: at some moment between the poll that found the task pending and the one that found it
 * solved, or within the last one and a half intervals where no poll found it pending, or only long ago. The moment is
 * drawn, always the same one for an attempt: the counts of many solve times are then right, while middles would heap up
 * in some classes.
 */
function solvedAround(
  attempt: string,
  lastPendingAt: number,
  { foundAt, interval }: { foundAt: number; interval: number },
): number {
  const from = Math.min(Math.max(lastPendingAt, foundAt - 1.5 * interval * 1000), foundAt)
  return Math.round(from + (foundAt - from) * (hashOf(attempt) / 2 ** 32))
}

/**
 * Why a task in flight is not solved yet: what this poll says, or the last one that failed if it was solved too late.
 */
export function lastReason(poll: PolledTask, answer: ResultAnswer): string | undefined {
  switch (answer.kind) {
    case 'pending':
      return pendingReason(poll.item.provider)
    case 'failed':
      return reasonOf(answer.failure, poll.item.provider)
    case 'solved':
      return poll.while
  }
}

function decideFailure(poll: PolledTask, failure: ProviderFailure, interval: number, now: number): Decision {
  switch (failure.class) {
    case 'unsolvable': {
      const why = failure.lostId ? 'lostId' : 'unsolvable'
      const done = failure.lostId ? poll.item.lostIdResubmits : poll.item.unsolvable
      // Without its message nobody could buy it again.
      return done < RESUBMITS[why] && poll.body !== ''
        ? { kind: 'resubmit', why }
        : { kind: 'settle', ending: failedBy(failure) }
    }
    case 'task':
    case 'unknown':
      return { kind: 'settle', ending: failedBy(failure) }
    case 'pending':
    case 'ignore':
    case 'capacity':
    case 'rate':
    case 'transient':
    case 'uncertain':
    case 'auth':
    case 'funds':
    case 'blocked': {
      const wanted = Math.max(interval * (SLOWER[failure.class] ?? 1), failure.retryAfterSeconds ?? 0)
      return { kind: 'pollAgain', inSeconds: untilNextPoll(wanted, poll.item.deadlineAt - now) }
    }
  }
}

const failedBy = ({ code, class: kind, message }: ProviderFailure): Ending => ({
  kind: 'failed',
  code,
  class: kind,
  message,
})

/** Where requests are counted, an old task that is merely pending waits for as long as SQS can delay its message. */
const longestPending = (provider: string): number =>
  countsRequests(provider) ? LIMITS.longestDelaySeconds : LONGEST_WAIT_SECONDS

/** Whole seconds. The last poll that can help falls a second before the deadline; the one after it expires the task. */
export function untilNextPoll(seconds: number, leftMs: number, longest = LONGEST_WAIT_SECONDS): number {
  const beforeDeadline = Math.floor(leftMs / 1000) - 1
  return Math.max(1, Math.min(Math.ceil(seconds), longest, beforeDeadline))
}
