import { AWS_LIMITS, IN_FLIGHT_MESSAGES, readAwsLimits, WINDOW_WAIT_SECONDS } from '../../sim/aws/documented.ts'

/** The limits of AWS that LIFESIGN_AWS_LIMITS turns on. Loop detection, waits and sizes are always on. */
export interface LocalLimits {
  lag: boolean
  throttle: boolean
  /** The most messages of a queue that may be received and not yet deleted; null: no limit. */
  inFlightMessages: number | null
}

export const NO_LIMITS: LocalLimits = { lag: false, throttle: false, inFlightMessages: null }

/** `lag,throttle`, `inflight=50` (instead of 120,000), or `all`. */
export function parseLocalLimits(text: string): { limits: LocalLimits } | { problem: string } {
  const [, count] = /\binflight=(\d{1,6})\b/.exec(text) ?? []
  const read = readAwsLimits(text.replace(/\binflight=\d{1,6}\b/, 'inflight'))
  if ('unknown' in read) {
    const unknown = read.unknown.map((name) => JSON.stringify(name)).join(', ')
    return { problem: `LIFESIGN_AWS_LIMITS knows ${AWS_LIMITS.join(', ')} and all, not ${unknown}` }
  }
  const shown = new Set(read.limits)
  const inFlightMessages = shown.has('inflight') ? Number(count ?? IN_FLIGHT_MESSAGES) : null
  return { limits: { lag: shown.has('lag'), throttle: shown.has('throttle'), inFlightMessages } }
}

const PERIOD_SECONDS = 20
const THROTTLED_SECONDS = 2
/**
 * With `throttle` the account has no concurrency for two of every twenty seconds. Their position changes from period to
 * period, because messages come back after whole seconds and would meet the same two seconds again and again.
 */
export function isThrottledAt(milliseconds: number): boolean {
  const second = milliseconds / 1000
  const period = Math.floor(second / PERIOD_SECONDS)
  const from = (17 + 7 * period) % (PERIOD_SECONDS - THROTTLED_SECONDS + 1)
  const at = second % PERIOD_SECONDS
  return at >= from && at < from + THROTTLED_SECONDS
}

/** How long (seconds) Lambda may gather a batch at low traffic if the source has a window. */
export const windowAtLowTraffic = (windowSeconds: number, fraction: number): number =>
  windowSeconds + fraction * Math.max(0, WINDOW_WAIT_SECONDS - windowSeconds)
