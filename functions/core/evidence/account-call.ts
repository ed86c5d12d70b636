import { SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { AccountAnswer } from '../outcome/summary.ts'
import type { BalanceAnswer, ThreadsAnswer } from '../provider/answers.ts'
import type { ErrorClass } from '../provider/error-class.ts'
import { LOST_CALLS, type ProviderFacts } from './provider-facts.ts'

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

/** The shortest time between two account calls that a provider answers, if it counts requests against captchas. */
export const COUNTED_SECONDS = 86.4

export interface AccountAnswers {
  balance: BalanceAnswer
  threads: ThreadsAnswer
}

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

/** Whether the last account call was lost or, as the secret could not be read, not sent. A block is an answer. */
export const isUnanswered = ({ error }: ProviderFacts): boolean =>
  error?.class === 'transient' || error?.class === 'uncertain' || error?.code === SECRET_UNREADABLE

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
