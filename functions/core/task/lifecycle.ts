import type { Accounting } from './accounting.ts'
import {
  type ClaimedItem,
  factsOf,
  isSettled,
  type OpenItem,
  type Result,
  type SettledItem,
  type TaskItem,
  withLostAttempt,
} from './task.ts'

/**
 * The task lifecycle as a pure state machine: claimed → submitted → solved | failed | expired, with `unknown` for a
 * submit whose answer was lost. A store makes each transition one conditional write; `applyTransition` says when it may
 * be made and what then stands in the table, `alreadyApplied` recognises our own write whose reply was lost.
 */
export type TaskTransition =
  /** Take the task: where no item is (`fence` null), or over the very item that was read. */
  | { kind: 'claim'; item: ClaimedItem; fence: Fence | null }
  /** The provider accepted this attempt. One more charge. */
  | { kind: 'submitted'; taskId: string; attempt: string; provider: string; captchaId: string; submittedAt: number }
  /**
   * This attempt is taken to be unpaid: the task is free to be taken at once. The count of HTTP errors rises in the
   * same write, so that a worker which dies before it leaves a claim that lapses and counts as a lost answer.
   */
  | { kind: 'release'; taskId: string; attempt: string; after: 'refusal' | 'httpError' }
  /** The answer to this attempt's submit was lost. One more possible charge. */
  | { kind: 'lose'; taskId: string; attempt: string; provider: string }
  /** This attempt was paid and not solved: the task is free for another one. */
  | { kind: 'resubmit'; taskId: string; attempt: string; why: 'unsolvable' | 'lostId' }
  /** The one terminal outcome of an open task. `fence.state` null: any open state of that attempt. */
  | {
      kind: 'settle'
      taskId: string
      fence: Fence
      by: string
      result: Result
      settledAt: number
      accounting: Accounting
    }
  /** Expired (or refused) before any attempt: written where no item is. */
  | { kind: 'settleUnclaimed'; item: SettledItem }
  /** Another owner for the accounting of a settlement; `from`: the owner that the item names now. */
  | { kind: 'transferAccounting'; taskId: string; from: string | null; to: Accounting }

/** The item must still be at this attempt and state. */
export type Fence = { attempt: string; state: OpenItem['state'] | null }

/**
 * `mayBeAnothers`: the transition is in the table, but perhaps not by this write: its first try may have been applied
 * and not answered, or another worker made the same change.
 */
export type Applied = { kind: 'applied'; mayBeAnothers?: true } | { kind: 'refused'; found: TaskItem | undefined }

/** The item after the transition, or `null` where the transition is refused. An item past its TTL counts as absent. */
export function applyTransition(
  stored: TaskItem | undefined,
  transition: TaskTransition,
  now: number,
): TaskItem | null {
  const item = present(stored, now)
  switch (transition.kind) {
    case 'claim':
      if (transition.fence === null) return item === undefined ? transition.item : null
      return item !== undefined && holds(item, transition.fence) ? transition.item : null
    case 'settleUnclaimed':
      return item === undefined ? transition.item : null
    case 'submitted': {
      if (item?.state !== 'claimed' || item.attempt !== transition.attempt) return null
      const { provider, captchaId, submittedAt } = transition
      return { ...factsOf(item), state: 'submitted', charges: item.charges + 1, provider, captchaId, submittedAt }
    }
    case 'release':
      if (item?.state !== 'claimed' || item.attempt !== transition.attempt || item.leaseUntil === 0) return null
      return { ...item, leaseUntil: 0, httpErrors: item.httpErrors + (transition.after === 'httpError' ? 1 : 0) }
    case 'lose':
      if (item?.state !== 'claimed' || item.attempt !== transition.attempt) return null
      return { ...withLostAttempt(factsOf(item), transition.provider), state: 'unknown' }
    case 'resubmit':
      if (item?.state !== 'submitted' || item.attempt !== transition.attempt) return null
      return {
        ...factsOf(item),
        state: 'claimed',
        leaseUntil: 0,
        unsolvable: item.unsolvable + (transition.why === 'unsolvable' ? 1 : 0),
        lostIdResubmits: item.lostIdResubmits + (transition.why === 'lostId' ? 1 : 0),
      }
    case 'settle': {
      if (item === undefined || isSettled(item) || !holds(item, transition.fence)) return null
      const { by, result, settledAt, accounting } = transition
      return { ...factsOf(item), state: result.status, result, settledAt, settledBy: by, accounting }
    }
    case 'transferAccounting':
      if (item === undefined || !isSettled(item) || item.accounting.invocation !== transition.from) return null
      return { ...item, accounting: transition.to }
  }
}

/** The answer of a write whose condition did not hold, by what it found. */
export function answerOfRefused(found: TaskItem | undefined, transition: TaskTransition): Applied {
  if (!alreadyApplied(found, transition)) return { kind: 'refused', found }
  return transition.kind === 'resubmit' ? { kind: 'applied', mayBeAnothers: true } : { kind: 'applied' }
}

/**
 * Whether the refused transition is in the table all the same: our own write, whose reply was lost and which was
 * retried.
 */
export function alreadyApplied(found: TaskItem | undefined, transition: TaskTransition): boolean {
  if (found === undefined) return false
  switch (transition.kind) {
    case 'claim':
      return found.attempt === transition.item.attempt && found.state === 'claimed'
    case 'settleUnclaimed':
      return (
        isSettled(found) &&
        found.accounting.invocation === transition.item.accounting.invocation &&
        found.attempt === transition.item.attempt
      )
    case 'submitted':
      return (
        found.state === 'submitted' && found.attempt === transition.attempt && found.captchaId === transition.captchaId
      )
    case 'release':
    case 'resubmit':
      return found.state === 'claimed' && found.attempt === transition.attempt && found.leaseUntil === 0
    case 'lose':
      return found.state === 'unknown' && found.attempt === transition.attempt
    case 'settle':
      // Two deliveries of one message may be handled by one invocation: its time tells this write from the other's.
      return (
        isSettled(found) &&
        found.settledBy === transition.by &&
        found.accounting.invocation === transition.accounting.invocation &&
        found.settledAt === transition.settledAt
      )
    case 'transferAccounting':
      return (
        isSettled(found) &&
        found.accounting.invocation === transition.to.invocation &&
        found.accounting.since === transition.to.since
      )
  }
}

export const taskIdOf = (transition: TaskTransition): string =>
  'item' in transition ? transition.item.taskId : transition.taskId

/** The item as readers may see it: one past its TTL is absent, although DynamoDB deletes it days later. */
export const present = (stored: TaskItem | undefined, now: number): TaskItem | undefined =>
  stored !== undefined && stored.ttl * 1000 > now ? stored : undefined

const holds = (item: TaskItem, fence: Fence): boolean =>
  item.attempt === fence.attempt && (fence.state === null ? !isSettled(item) : item.state === fence.state)
