import { LOW_BALANCE } from '../../contract/limits.ts'
import { SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { Breaker } from '../admission/breaker/breaker-state.ts'
import type { AccountRefusal } from '../outcome/summary.ts'
import type { ErrorClass } from '../provider/error-class.ts'

export interface ProviderFacts {
  name: string
  billing: 'balance' | 'threads'
  balance: number | null
  /** When `balance` was read; both stay as they are when a call fails. */
  balanceAt: number | null
  /** How fast the balance falls, USD per second; null: not known yet. */
  burnPerSecond: number | null
  threads: { total: number; free: number } | null
  /** The last account call. */
  checkedAt: number | null
  responseMs: number | null
  error: { class: ErrorClass; code: string } | null
  /** The number of consecutive account calls that were lost in transport. */
  lostCalls: number
  /** The time of the first of those calls. */
  lostSince: number | null
  /** When the account last answered after several calls in a row were lost. */
  backAt: number | null
  /** When this provider was first seen unusable (refused key, no funds, unreachable), without a break since then. */
  unusableSince: number | null
  keyRefused: boolean
  /**
   * The refusal that the workers received because of the account, as long as it applies. `at` is the time of the last
   * one.
   */
  workersRefused: (AccountRefusal & { at: number }) | null
  breaker: BreakerFacts
}

/** The breaker of a provider as the sweep or a view saw it. */
export interface BreakerFacts {
  state: Breaker['state']
  /** When this state began; null: closed. */
  since: number | null
  /** Why it opened; null: closed, or half-open. */
  cause: string | null
  /** Closed, or half-open and a real submit has been accepted. */
  isProven: boolean
}

export const NO_BREAKER: BreakerFacts = { state: 'closed', since: null, cause: null, isProven: true }

export const initialFacts = (name: string, billing: ProviderFacts['billing']): ProviderFacts => ({
  name,
  billing,
  balance: null,
  balanceAt: null,
  burnPerSecond: null,
  threads: null,
  checkedAt: null,
  responseMs: null,
  error: null,
  lostCalls: 0,
  lostSince: null,
  backAt: null,
  unusableSince: null,
  keyRefused: false,
  workersRefused: null,
  breaker: NO_BREAKER,
})

/**
 * After this many lost account calls in a row the provider is unusable, if no task was solved since the first of them.
 */
export const LOST_CALLS = 3

export const isSecretUnreadable = ({ error, workersRefused }: ProviderFacts): boolean =>
  error?.code === SECRET_UNREADABLE || workersRefused?.code === SECRET_UNREADABLE

/** Why the key is refused, for the sweep or for the workers; null: it is not refused. */
export function keyRefusalOf({ keyRefused, error, workersRefused }: ProviderFacts): string | null {
  if (keyRefused) return error?.code ?? 'refused'
  return workersRefused?.class === 'auth' && workersRefused.code !== SECRET_UNREADABLE ? workersRefused.code : null
}

/** The code with which the workers' submits are refused for lack of money, whatever the account call says. */
export const fundsRefusalOf = ({ workersRefused }: ProviderFacts): string | null =>
  workersRefused?.class === 'funds' ? workersRefused.code : null

export const hasNoThreads = ({ billing, threads }: ProviderFacts): boolean =>
  billing === 'threads' && threads !== null && threads.total <= 0

export const isBelow = ({ balance }: ProviderFacts, minBalance: number | null): boolean =>
  balance !== null && balance < (minBalance ?? LOW_BALANCE)

/**
 * Whether the balance is too low. A low balance matters only if tasks are paid from it or if the setting `minBalance`
 * is set.
 */
export const isLow = (facts: ProviderFacts, minBalance: number | null): boolean =>
  isBelow(facts, minBalance) && (facts.billing === 'balance' || minBalance !== null)
