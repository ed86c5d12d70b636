import { LOW_BALANCE } from '../../contract/limits.ts'
import { SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { AccountAnswer, AccountRefusal } from '../outcome/summary.ts'
import type { BalanceAnswer, ThreadsAnswer } from '../provider/answers.ts'
import type { ErrorClass } from '../provider/error-class.ts'

/** Account calls lost in a row that make a provider unusable, when nothing was solved since the first of them. */
const LOST_CALLS = 3
/**
 * A task that was refused for the account's sake is tried again within this time. So only an account call that is good
 * so long after the last refusal shows that the refusals have ended: the sweep may have a key that the workers lack.
 */
const REFUSAL_MS = 90_000
/** Sweeps are not exact to the second: a balance this close to its age is read now, not a whole period later. */
const NEARLY = 0.9

export interface AccountAnswers {
  balance: BalanceAnswer
  threads: ThreadsAnswer
}

export const initialFacts = (name: string, billing: ProviderFacts['billing']): ProviderFacts => ({
  name,
  billing,
  balance: null,
  balanceAt: null,
  threads: null,
  checkedAt: null,
  responseMs: null,
  error: null,
  lostCalls: 0,
  lostSince: null,
  unusableSince: null,
  keyRefused: false,
  workersRefused: null,
})

/** What needs no call is asked each time: the adapter keeps a refused key to itself, and knows when it has changed. */
export const isDue = (facts: ProviderFacts, now: number, balanceSeconds: number): boolean =>
  facts.checkedAt === null ||
  now - facts.checkedAt >= balanceSeconds * 1000 * NEARLY ||
  facts.keyRefused ||
  facts.error?.code === SECRET_UNREADABLE

export const isSecretUnreadable = ({ error, workersRefused }: ProviderFacts): boolean =>
  error?.code === SECRET_UNREADABLE || workersRefused?.code === SECRET_UNREADABLE
/** Why the key is refused, to the sweep itself or to the workers; null: it is not. */
export function keyRefusalOf({ keyRefused, error, workersRefused }: ProviderFacts): string | null {
  if (keyRefused) return error?.code ?? 'refused'
  return workersRefused?.class === 'auth' && workersRefused.code !== SECRET_UNREADABLE ? workersRefused.code : null
}
/** Why the workers are told that there is no money, whatever the account call says. */
export const fundsRefusalOf = ({ workersRefused }: ProviderFacts): string | null =>
  workersRefused?.class === 'funds' ? workersRefused.code : null

/** The facts after an account call. On an error the old balance stays, with the time it was read. */
export function applyAccountCall(
  facts: ProviderFacts,
  { balance, threads }: AccountAnswers,
  at: number,
): ProviderFacts {
  const checked = { ...facts, threads: threadsOf(facts, threads), checkedAt: at, responseMs: balance.ms }
  if (balance.kind === 'balance') {
    const good = { error: null, lostCalls: 0, lostSince: null, keyRefused: false }
    return { ...checked, ...good, balance: balance.value, balanceAt: at }
  }
  const { failure } = balance
  const error = { class: failure.class, code: failure.code }
  const isSilent = isLost(failure.class) || failure.code === SECRET_UNREADABLE
  const keyRefused = isSilent ? facts.keyRefused : failure.class === 'auth'
  if (!isLost(failure.class)) return { ...checked, error, keyRefused, lostCalls: 0, lostSince: null }
  return { ...checked, error, keyRefused, lostCalls: facts.lostCalls + 1, lostSince: facts.lostSince ?? at }
}

/** With what the workers were last told: a refusal stands until a submit is accepted, or an account call disproves it. */
export function withWorkers(facts: ProviderFacts, answer: AccountAnswer | undefined): ProviderFacts {
  const refusal = answer?.refusal ?? null
  if (answer === undefined || refusal === null) return { ...facts, workersRefused: null }
  const isDisproved = facts.balanceAt !== null && facts.balanceAt >= answer.at + REFUSAL_MS
  return { ...facts, workersRefused: isDisproved ? null : { at: answer.at, ...refusal } }
}

/** With `unusableSince` as of now: it begins with the first proof and ends with the first sign of the contrary. */
export function withUsability(facts: ProviderFacts, lastSolveAt: number | null, now: number): ProviderFacts {
  if (!isUnusable(facts, lastSolveAt)) return { ...facts, unusableSince: null }
  return { ...facts, unusableSince: facts.unusableSince ?? facts.workersRefused?.at ?? facts.checkedAt ?? now }
}

function isUnusable(facts: ProviderFacts, lastSolveAt: number | null): boolean {
  const noFunds = facts.billing === 'balance' && facts.balance !== null && facts.balance <= 0
  const solvedSince = facts.lostSince !== null && lastSolveAt !== null && lastSolveAt >= facts.lostSince
  const isRefused = facts.keyRefused || facts.workersRefused !== null || isSecretUnreadable(facts)
  return isRefused || noFunds || (facts.lostCalls >= LOST_CALLS && !solvedSince)
}

/** Could work go there and be paid? A plan without threads or a balance near its end is no place to fall back on. */
export function canTakeOver(facts: ProviderFacts, minBalance: number | null): boolean {
  return facts.unusableSince === null && !hasNoThreads(facts) && !isLow(facts, minBalance)
}

export const hasNoThreads = ({ billing, threads }: ProviderFacts): boolean =>
  billing === 'threads' && threads !== null && threads.total <= 0

export const isBelow = ({ balance }: ProviderFacts, minBalance: number | null): boolean =>
  balance !== null && balance < (minBalance ?? LOW_BALANCE)

/** Below, and it matters: the balance pays for tasks, or a person has said how low it may be. */
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
  /** When that balance was read; the old value stays on an error. */
  balanceAt: number | null
  threads: { total: number; free: number } | null
  /** The last account call. */
  checkedAt: number | null
  responseMs: number | null
  error: { class: ErrorClass; code: string } | null
  /** Account calls in a row lost in transport. */
  lostCalls: number
  /** The first of those. */
  lostSince: number | null
  /** When this provider was first seen unusable (refused key, no funds, unreachable), without a break since. */
  unusableSince: number | null
  keyRefused: boolean
  /** What the workers were refused for the account's sake, while that stands; `at`: the last time. */
  workersRefused: (AccountRefusal & { at: number }) | null
}
