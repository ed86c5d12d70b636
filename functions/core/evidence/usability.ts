import { hasNoThreads, isLow, isSecretUnreadable, LOST_CALLS, type ProviderFacts } from './provider-facts.ts'

interface UsabilityFacts {
  lastSolveAt: number | null
  /** Whether a task is unsettled. */
  demand: boolean
  now: number
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
 * Whether the breaker keeps tasks away. A half-open one has been answered by the account. Where there is no demand, no
 * task can close it, and that must not keep the fleet not ready.
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
