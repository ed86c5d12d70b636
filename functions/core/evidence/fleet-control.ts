import { SECRET_UNREADABLE } from '../../contract/providers.ts'
import type { Control, ProviderControl } from '../admission/item/admission.ts'
import { isKeyRefused } from '../admission/route/key-rules.ts'
import type { Evidence } from './evidence.ts'
import { type BreakerFacts, NO_BREAKER, type ProviderFacts } from './provider-facts.ts'
import { withUsability } from './usability.ts'

/** The facts with what the whole fleet knows about this provider now, beside what the last sweep saw. */
export function withControl(facts: ProviderFacts, control: ProviderControl | undefined): ProviderFacts {
  if (control === undefined) return { ...facts, breaker: NO_BREAKER }
  const { refused, good } = control.key
  const isRefused = isKeyRefused(control.key) && refused !== null
  return {
    ...facts,
    breaker: breakerFacts(control.breaker),
    workersRefused: isRefused ? { at: refused.at, class: 'auth', code: refused.code } : notDisproved(facts, good),
  }
}

/** A key that was accepted after a worker's refusal disproves the refusal: each refusal takes `good` away. */
const notDisproved = ({ workersRefused }: ProviderFacts, good: string | null): ProviderFacts['workersRefused'] =>
  good !== null && workersRefused?.class === 'auth' && workersRefused.code !== SECRET_UNREADABLE ? null : workersRefused

/** Where new tasks go. The first provider, where that is not known. */
export const activeOf = (control: Control | null, names: readonly string[]): string | null =>
  names.find((name) => name === control?.route.active) ?? names[0] ?? null

/** When a breaker last closed, as far as is known. Null: never. */
export function breakerClosedAt(control: Control | null, before: number | null): number | null {
  const closed = Object.values(control?.providers ?? {}).flatMap(({ breaker }) =>
    breaker.state === 'closed' && breaker.rampSince !== null ? [breaker.rampSince] : [],
  )
  return closed.reduce((last: number | null, at) => Math.max(at, last ?? at), before)
}

/**
 * The evidence of the last sweep with what the admission item says now. The rules about providers and pause are judged
 * on it between two sweeps, so that a view need not wait for the next one.
 */
export function liveEvidence(evidence: Evidence, control: Control, now: number): Evidence {
  const { totals, demand } = evidence
  const providers = evidence.providers.map((facts) =>
    withUsability(withControl(facts, control.providers[facts.name]), { lastSolveAt: totals.lastSolveAt, demand, now }),
  )
  const activeProvider = activeOf(
    control,
    providers.map(({ name }) => name),
  )
  return { ...evidence, ranAt: now, providers, activeProvider, pause: control.pause }
}

function breakerFacts(breaker: ProviderControl['breaker']): BreakerFacts {
  switch (breaker.state) {
    case 'closed':
      return NO_BREAKER
    case 'open':
      return { state: 'open', since: breaker.since, cause: breaker.cause, isProven: false }
    case 'half_open':
      return { state: 'half_open', since: breaker.since, cause: null, isProven: breaker.successes > 0 }
  }
}
