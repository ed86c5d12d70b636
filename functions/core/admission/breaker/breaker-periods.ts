import type { Settings } from '../../../contract/settings.ts'
import type { Breaker, Lease } from './breaker-state.ts'

export type BreakerSettings = Pick<
  Settings,
  'breakerFailures' | 'breakerSpanSeconds' | 'breakerFirstOpenSeconds' | 'breakerOpenSeconds' | 'breakerSuccesses'
>
export type OpeningSettings = Pick<Settings, 'breakerFirstOpenSeconds' | 'breakerOpenSeconds'>
export type Closed = Extract<Breaker, { state: 'closed' }>
export type Open = Extract<Breaker, { state: 'open' }>
export type HalfOpen = Extract<Breaker, { state: 'half_open' }>

export const CLOSED: Closed = { state: 'closed', submit: null, result: null, rampSince: null }

/** `atLeast`: seconds that the provider asked for. */
interface Opening {
  at: number
  cause: string
  atLeast?: number
}

/**
 * Opens a breaker. The first period is short. The next one is twice as long where a probe failed, or where the breaker
 * opens again within `breakerOpenSeconds` after it closed.
 */
export function opened(breaker: Breaker, { at, cause, atLeast = 0 }: Opening, settings: OpeningSettings): Open {
  const { breakerFirstOpenSeconds: first, breakerOpenSeconds: longest } = settings
  const seconds = Math.min(longest, 2 * (lastPeriod(breaker, at, longest) ?? first / 2))
  const until = at + Math.max(seconds, atLeast) * 1000
  return { state: 'open', since: at, until, seconds, cause, result: breaker.result ?? null }
}

function lastPeriod(breaker: Breaker, at: number, longestSeconds: number): number | null {
  if (breaker.state !== 'closed') return breaker.seconds
  const { rampSince, seconds } = breaker
  return rampSince !== null && seconds !== undefined && at - rampSince < longestSeconds * 1000 ? seconds : null
}

/** Whether it is open for as long as the fleet chose. A longer time is a wait that the provider asked for. */
export const isOwnPeriod = ({ since, until, seconds }: Open): boolean => until <= since + seconds * 1000

/** Ready for a probe: its open period is over, or the account call of a sweep was answered. */
export const halfOpened = ({ seconds, result = null }: Open, at: number): HalfOpen => ({
  state: 'half_open',
  since: at,
  seconds,
  successes: 0,
  lease: null,
  result,
})

/** Whether a probe may be sent now: the open period is over, and no other invocation is probing. */
export function mayProbe(breaker: Breaker, now: number): boolean {
  switch (breaker.state) {
    case 'closed':
      return false
    case 'open':
      return breaker.until <= now
    case 'half_open':
      return breaker.lease === null || breaker.lease.until <= now
  }
}

/**
 * The breaker with the lease for a probe. Null: there is none, because the open period is not over or because another
 * invocation is probing.
 */
export function leased(breaker: Breaker, lease: Lease, now: number): HalfOpen | null {
  if (breaker.state === 'closed' || !mayProbe(breaker, now)) return null
  return { ...(breaker.state === 'open' ? halfOpened(breaker, now) : breaker), lease }
}

/** The invocation `by` has ended, so its lease ends too. */
export const released = (breaker: Breaker, by: string): Breaker =>
  breaker.state === 'half_open' && breaker.lease?.id === by ? { ...breaker, lease: null } : breaker
