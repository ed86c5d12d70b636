import { LOW_BALANCE } from '../../contract/limits.ts'
import { SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { Breaker } from '../admission/breaker-state.ts'
import type { AccountAnswer, AccountRefusal } from '../outcome/summary.ts'
import type { BalanceAnswer, ThreadsAnswer } from '../provider/answers.ts'
import type { ErrorClass } from '../provider/error-class.ts'

/**
 * After this many lost account calls in a row the provider is unusable, if no task was solved since the first of them.
 */
const LOST_CALLS = 3
/**
 * A task whose submit was refused because of the account is tried again within this time. So the refusals have ended
 * only if an account call succeeds this long after the last one; the sweep may have a key that the workers do not have
 * yet.
 */
const REFUSAL_MS = 90_000
/**
 * Sweeps do not run exactly on the second. A balance that is almost old enough is read now and not one whole period
 * later.
 */
const NEARLY = 0.9
/** The rate at which the balance falls is the mean of about this time. */
const BURN_SECONDS = 900

export interface AccountAnswers {
  balance: BalanceAnswer
  threads: ThreadsAnswer
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
 * Whether the account has to be called. A provider with a refused key is always due: the adapter does not send a
 * refused key, and it notices when the key has changed.
 */
export const isDue = (facts: ProviderFacts, now: number, balanceSeconds: number): boolean =>
  facts.checkedAt === null ||
  now - facts.checkedAt >= balanceSeconds * 1000 * NEARLY ||
  facts.keyRefused ||
  facts.breaker.state !== 'closed' ||
  facts.error?.code === SECRET_UNREADABLE

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

/**
 * The facts after an account call. If the call fails, the old balance stays, together with the time when it was read.
 */
export function applyAccountCall(
  facts: ProviderFacts,
  { balance, threads }: AccountAnswers,
  at: number,
): ProviderFacts {
  const checked = { ...facts, threads: threadsOf(facts, threads), checkedAt: at, responseMs: balance.ms }
  if (balance.kind === 'balance') {
    const backAt = facts.lostCalls >= LOST_CALLS ? at : facts.backAt
    const good = { error: null, lostCalls: 0, lostSince: null, backAt, keyRefused: false }
    const burnPerSecond = burnAfter(facts, balance.value, at)
    return { ...checked, ...good, balance: balance.value, balanceAt: at, burnPerSecond }
  }
  const { failure } = balance
  const error = { class: failure.class, code: failure.code }
  const isSilent = isLost(failure.class) || failure.code === SECRET_UNREADABLE
  const keyRefused = isSilent ? facts.keyRefused : failure.class === 'auth'
  if (!isLost(failure.class)) return { ...checked, error, keyRefused, lostCalls: 0, lostSince: null }
  return { ...checked, error, keyRefused, lostCalls: facts.lostCalls + 1, lostSince: facts.lostSince ?? at }
}

/** A balance that rose was topped up, which says nothing about what tasks cost. */
function burnAfter({ balance, balanceAt, burnPerSecond }: ProviderFacts, value: number, at: number): number | null {
  if (balance === null || balanceAt === null || at <= balanceAt || value > balance) return burnPerSecond
  const seconds = (at - balanceAt) / 1000
  const burn = (balance - value) / seconds
  return burnPerSecond === null ? burn : burnPerSecond + (burn - burnPerSecond) * Math.min(1, seconds / BURN_SECONDS)
}

/** Seconds for which the balance lasts at the rate of the last quarter of an hour; null: not known. */
export const runwaySecondsOf = ({ balance, burnPerSecond }: ProviderFacts): number | null =>
  balance === null || burnPerSecond === null || burnPerSecond <= 0 ? null : Math.max(0, balance) / burnPerSecond

/**
 * The facts with the last answer that the workers received. A refusal stays until a submit is accepted or an account
 * call disproves it.
 */
export function withWorkers(facts: ProviderFacts, answer: AccountAnswer | undefined): ProviderFacts {
  const refusal = answer?.refusal ?? null
  if (answer === undefined || refusal === null) return { ...facts, workersRefused: null }
  const isDisproved = facts.balanceAt !== null && facts.balanceAt >= answer.at + REFUSAL_MS
  return { ...facts, workersRefused: isDisproved ? null : { at: answer.at, ...refusal } }
}

/**
 * The facts with `unusableSince` brought up to date: it begins with the first proof that the provider is unusable and
 * ends with the first sign that it is usable.
 */
export function withUsability(facts: ProviderFacts, fleet: UsabilityFacts): ProviderFacts {
  if (!isUnusable(facts, fleet)) return { ...facts, unusableSince: null }
  const since = isDown(facts, fleet) ? facts.breaker.since : (facts.workersRefused?.at ?? facts.checkedAt)
  return { ...facts, unusableSince: facts.unusableSince ?? since ?? fleet.now }
}

interface UsabilityFacts {
  lastSolveAt: number | null
  /** Whether a task is unsettled. */
  demand: boolean
  now: number
}

/**
 * Whether a provider that could not be used can be used again, by its own answer: its key is accepted, its plan has
 * threads, its account answers after it did not. A breaker that is only half-open has proved nothing by itself.
 */
export const isAnyUsableAgain = (before: readonly ProviderFacts[], now: readonly ProviderFacts[]): boolean =>
  now.some((facts) => {
    const last = before.find(({ name }) => name === facts.name)
    if (last === undefined || facts.unusableSince !== null || hasNoThreads(facts)) return false
    if (hasNoThreads(last)) return true
    if (last.unusableSince === null) return false
    const isBack = facts.backAt !== null && facts.backAt >= last.unusableSince
    return facts.breaker.state === 'closed' || facts.breaker.isProven || isBack
  })

/**
 * Whether the breaker keeps tasks away. A half-open one has been answered by the account. Where there is no demand, no task can
 * close it, and that must not keep the fleet not ready.
 */
export const isDown = ({ breaker }: ProviderFacts, { demand }: { demand: boolean }): boolean =>
  breaker.state === 'open' || (breaker.state === 'half_open' && demand && !breaker.isProven)

function isUnusable(facts: ProviderFacts, fleet: UsabilityFacts): boolean {
  const { lastSolveAt } = fleet
  const noFunds = facts.billing === 'balance' && facts.balance !== null && facts.balance <= 0
  const solvedSince = facts.lostSince !== null && lastSolveAt !== null && lastSolveAt >= facts.lostSince
  const isRefused = facts.keyRefused || facts.workersRefused !== null || isSecretUnreadable(facts)
  return isRefused || noFunds || isDown(facts, fleet) || (facts.lostCalls >= LOST_CALLS && !solvedSince)
}

/** Seconds during which no provider has been usable; 0: one is. */
export function unusableSecondsOf({ providers, ranAt }: { providers: ProviderFacts[]; ranAt: number }): number {
  const usableUntil = Math.max(...providers.map(({ unusableSince }) => unusableSince ?? ranAt))
  return providers.length === 0 ? 0 : (ranAt - usableUntil) / 1000
}

/**
 * Whether this provider could accept tasks and be paid. A provider without threads or almost without money is no use as
 * a fallback.
 */
export function canTakeOver(facts: ProviderFacts, minBalance: number | null): boolean {
  return facts.unusableSince === null && !hasNoThreads(facts) && !isLow(facts, minBalance)
}

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

const isLost = (failure: ErrorClass): boolean =>
  failure === 'transient' || failure === 'blocked' || failure === 'uncertain'

function threadsOf(facts: ProviderFacts, answer: ThreadsAnswer): ProviderFacts['threads'] {
  switch (answer.kind) {
    case 'threads':
      return { total: answer.total, free: answer.free }
    case 'none':
      return null
    case 'failed':
      return facts.threads
  }
}

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
