import type { Solution } from '../provider/answers.ts'
import type { Accounting } from './accounting.ts'

/** The types of a task: the message, its result, and the item that stores it. Times are milliseconds since 1970. */

export type Priority = 'low' | 'normal' | 'high' | 'critical'
export type Reply = 'queue' | 'record' | 'both'
type ProxyType = 'HTTP' | 'HTTPS' | 'SOCKS4' | 'SOCKS5'

/** A well-formed task with its defaults filled in. */
export interface Task {
  taskId: string
  method: string
  sitekey?: string | undefined
  pageurl?: string | undefined
  params: Record<string, string | number | boolean>
  proxy?: string | undefined
  proxytype?: ProxyType | undefined
  priority: Priority
  deadlineSeconds: number
  reply: Reply
}

export interface TaskError {
  /** What a client switches on: the provider's own code, or one of ours. */
  code: string
  class: string
  /** One sentence for a person. */
  message: string
  /** Of an expired task: why it last waited; see core/task/waiting-reason.ts. */
  while?: string
}

/** What the client gets (docs/contracts.md, "Result message"). Times are ISO 8601 UTC. */
export interface Result {
  taskId: string
  status: 'solved' | 'failed' | 'expired'
  solution?: Solution
  error?: TaskError
  provider?: string
  captchaId?: string
  /** Charges known or possible. */
  attempts: number
  enqueuedAt: string
  submittedAt?: string
  settledAt: string
  /**
   * Tokens only: after this they are refused by the site. May be in the past: then the result came too late to be used.
   */
  usableUntil?: string
}

/** `provider`: who was asked; absent where an earlier version wrote it. */
interface LostAttempt {
  attempt: string
  provider?: string
}

interface ItemFacts {
  taskId: string
  method: string
  /** Digest of what matters for solving; see `payloadText`. */
  hash: string
  /** The attempt that owns the task now; fences every write. */
  attempt: string
  /** The message that brought the task to this attempt; see ATTRIBUTE.origin. */
  origin: string
  enqueuedAt: number
  deadlineAt: number
  reply: Reply
  /** Charges known or possible so far, this attempt's included once it was accepted or lost. */
  charges: number
  /** Of those, the ones whose answer was lost. */
  uncertainCharges: number
  /** Re-submits after a charge that was not solved, by cause. */
  unsolvable: number
  lostIdResubmits: number
  /**
   * Answers to submits that were HTTP errors without a code of the provider's own; see core/provider/http-errors.ts.
   */
  httpErrors: number
  /** Attempts whose answer was lost; a late proof from one of them may still settle the task. */
  lost: LostAttempt[]
  /** Secret of this task's callback addresses (one address per attempt); absent while pingback is off. */
  token?: string | undefined
  /** Seconds since 1970 (DynamoDB TTL); from then on the item counts as absent. */
  ttl: number
}

/**
 * `leaseUntil` 0: released, free to be taken. `provider`: who is asked; absent where a re-submit left the task free.
 */
export type ClaimedItem = ItemFacts & { state: 'claimed'; leaseUntil: number; provider?: string }
export type UnknownItem = ItemFacts & { state: 'unknown' }
export type SubmittedItem = ItemFacts & {
  state: 'submitted'
  provider: string
  captchaId: string
  submittedAt: number
}
export type OpenItem = ClaimedItem | UnknownItem | SubmittedItem
export type SettledItem = ItemFacts & {
  state: 'solved' | 'failed' | 'expired'
  /** Carries the solution only for reply record or both. */
  result: Result
  settledAt: number
  /** The attempt that settled it; null when it expired before any attempt. */
  settledBy: string | null
  accounting: Accounting
}
export type TaskItem = OpenItem | SettledItem

/** Which provider an attempt of this task was sent to; undefined where the item does not say. */
export function providerOf(item: OpenItem, attempt: string): string | undefined {
  if (item.attempt === attempt && item.state !== 'unknown') return item.provider
  return item.lost.find((one) => one.attempt === attempt)?.provider
}

/** An open item whose present attempt counts as a possible charge from now on: its answer was lost. */
export function withLostAttempt<T extends ItemFacts>(item: T, provider: string | undefined): T {
  const { attempt, charges, uncertainCharges } = item
  const lost = [...item.lost, { attempt, ...(provider === undefined ? {} : { provider }) }]
  return { ...item, charges: charges + 1, uncertainCharges: uncertainCharges + 1, lost }
}

/** What an item in any state holds of its task, without the fields of that state. */
export function factsOf(item: ItemFacts & FieldsOfStates): ItemFacts {
  const { state: _s, leaseUntil: _l, provider: _p, captchaId: _c, submittedAt: _a, ...settled } = item
  const { result: _r, settledAt: _t, settledBy: _b, accounting: _o, ...facts } = settled
  return facts
}
type FieldsOfStates = Pick<TaskItem, 'state'> &
  Partial<Pick<ClaimedItem, 'leaseUntil'>> &
  Partial<Pick<SubmittedItem, 'provider' | 'captchaId' | 'submittedAt'>> &
  Partial<Pick<SettledItem, 'result' | 'settledAt' | 'settledBy' | 'accounting'>>

export const isSettled = (item: TaskItem): item is SettledItem =>
  item.state === 'solved' || item.state === 'failed' || item.state === 'expired'
