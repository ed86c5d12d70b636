import { KEY_MISSING } from '../../../contract/providers.ts'
import type { FailureClass } from '../../provider/error-class.ts'
import type { Observation } from '../../provider/observation.ts'
import { afterObservation, BLOCKED_SECONDS } from '../breaker/breaker.ts'
import { type BreakerSettings, released } from '../breaker/breaker-periods.ts'
import type { Admission, Control, Counters, ProviderControl } from '../item/admission.ts'
import { inFlightAt, rampedAt } from '../item/counters.ts'
import { initialProvider } from '../item/initial.ts'
import { afterAccepted, afterSaturation } from '../places/capacity.ts'
import { withoutAnyKey } from '../route/key-rules.ts'
import { type DwellSetting, rerouted } from '../route/router.ts'

export interface ObserveSettings extends BreakerSettings, DwellSetting {
  /** Seconds until a provider without funds is asked again. */
  balanceSeconds: number
  /** Names of the providers in order of preference. */
  order: readonly string[]
}

/** What one invocation saw. Its leases end with it. */
interface Report {
  /** The invocation. */
  by: string
  observations: readonly Observation[]
}

/**
 * The control after what one invocation saw. `counts`: after that invocation gave back what it had reserved in vain.
 * The very same object where nothing changes, so that no write is made: that is the healthy path.
 */
export function observe(
  { control, counts }: Pick<Admission, 'counts' | 'control'>,
  { by, observations }: Report,
  now: number,
  settings: ObserveSettings,
): Control {
  const names = new Set([...Object.keys(control.providers), ...observations.map(({ provider }) => provider)])
  let providers = control.providers
  for (const name of names) {
    const before = providers[name] ?? initialProvider
    const seen = observations.filter(({ provider }) => provider === name).sort((a, b) => a.at - b.at)
    const after = providerAfter(before, seen, { by, inFlight: counts[inFlightAt(name)] ?? 0 }, settings)
    if (after !== before) providers = { ...providers, [name]: after }
  }
  const next = providers === control.providers ? control : { ...control, providers }
  const route = rerouted(next, settings.order, now, settings)
  return route === next.route ? next : { ...next, route }
}

/** Counters that begin anew with this control: of the submits since a ramp began. */
export const countersBegun = (before: Control, after: Control): Counters =>
  Object.fromEntries(
    Object.entries(after.providers).flatMap(([name, { breaker }]) =>
      breaker.state === 'closed' && before.providers[name]?.breaker.state === 'half_open' ? [[rampedAt(name), 0]] : [],
    ),
  )

function providerAfter(
  before: ProviderControl,
  seen: readonly Observation[],
  { by, inFlight }: { by: string; inFlight: number },
  settings: ObserveSettings,
): ProviderControl {
  let after = before
  for (const observation of seen) {
    const breaker = afterObservation(after.breaker, observation, by, settings)
    if (breaker !== after.breaker) after = { ...after, breaker }
    after = withHold(withKeyOf(after, observation), observation, settings)
  }
  const breaker = released(after.breaker, by)
  if (breaker !== after.breaker) after = { ...after, breaker }
  const learned = learnedAfter(before.learned, seen, inFlight)
  return learned === before.learned ? after : { ...after, learned }
}

/** A batch may have accepted submits and answers that no thread is free; those came after all threads were taken. */
function learnedAfter(
  learned: ProviderControl['learned'],
  seen: readonly Observation[],
  inFlight: number,
): ProviderControl['learned'] {
  const submits = seen.filter(({ operation }) => operation === 'submit')
  const saturated = submits.findLast(({ answer }) => answer.kind === 'failure' && answer.class === 'capacity')
  if (saturated !== undefined) return afterSaturation(learned, inFlight, saturated.at)
  const accepted = submits.findLast(({ answer }) => answer.kind === 'ok')
  return accepted === undefined ? learned : afterAccepted(learned, inFlight, accepted.at)
}

/**
 * Only a secret that lacks the key is recorded here; a provider's answer to a key is recorded where the key is sent.
 */
function withKeyOf(provider: ProviderControl, { answer, at }: Observation): ProviderControl {
  if (answer.kind === 'ok' || answer.code !== KEY_MISSING) return provider
  const key = withoutAnyKey(provider.key, answer.code, at)
  return key === provider.key ? provider : { ...provider, key }
}

/**
 * A provider that asks for a wait, or has no funds, is left alone by the whole fleet. Of two waits the longer one
 * holds.
 */
function withHold(provider: ProviderControl, { answer, at, operation }: Observation, settings: ObserveSettings) {
  if (answer.kind === 'ok' || operation !== 'submit') return provider
  const seconds = holdSeconds(answer.class, settings)
  if (seconds === null) return provider
  const until = at + (answer.retryAfterSeconds ?? seconds) * 1000
  const hold = longer(provider.hold, { until, class: answer.class, code: answer.code })
  return hold === provider.hold ? provider : { ...provider, hold }
}

/**
 * A wait for funds ends with the first sweep that finds some, so it keeps a shorter one that the provider asked for.
 */
function longer(before: ProviderControl['hold'], wait: NonNullable<ProviderControl['hold']>): ProviderControl['hold'] {
  const asked = before?.class === 'funds' ? before.asked : (before ?? undefined)
  if (before === null || wait.until > before.until)
    return wait.class === 'funds' && asked !== undefined ? { ...wait, asked } : wait
  const isLost = before.class === 'funds' && wait.class !== 'funds' && wait.until > (asked?.until ?? 0)
  return isLost ? { ...before, asked: wait } : before
}

/** How long a provider that refuses us as a whole is left alone where it does not say itself. */
function holdSeconds(name: FailureClass, { balanceSeconds }: ObserveSettings): number | null {
  switch (name) {
    case 'rate':
      return 10
    case 'blocked':
      return BLOCKED_SECONDS
    case 'funds':
      return balanceSeconds
    default:
      return null
  }
}
