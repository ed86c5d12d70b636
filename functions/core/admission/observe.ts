import type { FailureClass } from '../provider/error-class.ts'
import type { Admission, Control, ProviderControl } from './admission.ts'
import { initialProvider } from './initial.ts'

/** One answer of a provider, as an invocation reports it. */
export interface Observation {
  provider: string
  operation: 'submit' | 'result'
  answer: { kind: 'ok' } | { kind: 'failure'; class: FailureClass; code: string; retryAfterSeconds?: number }
  at: number
}

interface ObserveSettings {
  /** Seconds until a provider without funds is asked again. */
  balanceSeconds: number
}

/**
 * The control after these observations. The very same object where they change nothing, so that no write is made: that
 * is the healthy path.
 */
export function observe(
  { control }: Pick<Admission, 'counts' | 'control'>,
  observations: readonly Observation[],
  _now: number,
  settings: ObserveSettings,
): Control {
  let known = control
  for (const observation of observations) {
    const { provider: name } = observation
    const before = known.providers[name] ?? initialProvider
    const after = withHold(before, observation, settings)
    if (after !== before) known = { ...known, providers: { ...known.providers, [name]: after } }
  }
  return known
}

/** A provider that asks for a wait, or has no funds, is left alone by the whole fleet. Of two waits the longer one holds. */
function withHold(provider: ProviderControl, { answer, at, operation }: Observation, settings: ObserveSettings) {
  if (answer.kind === 'ok' || operation !== 'submit') return provider
  const seconds = holdSeconds(answer.class, settings)
  if (seconds === null) return provider
  const until = at + (answer.retryAfterSeconds ?? seconds) * 1000
  if (until <= (provider.hold?.until ?? 0)) return provider
  return { ...provider, hold: { until, class: answer.class, code: answer.code } }
}

/** How long a provider that refuses us as a whole is left alone where it does not say itself. */
function holdSeconds(name: FailureClass, { balanceSeconds }: ObserveSettings): number | null {
  switch (name) {
    case 'rate':
      return 10
    case 'blocked':
      return 60
    case 'funds':
      return balanceSeconds
    default:
      return null
  }
}
