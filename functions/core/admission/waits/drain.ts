import type { Settings } from '../../../contract/settings.ts'
import { meanOf, sumOf } from '../../outcome/histogram.ts'
import type { Histogram } from '../../outcome/summary.ts'
import type { Control } from '../item/admission.ts'
import { initialProvider } from '../item/initial.ts'
import { limitAt } from '../places/capacity.ts'

/** How fast tasks are settled, as one sweep found it. */
interface DrainFinding {
  /** Tasks settled per second of the last minutes; null: none was. */
  settledPerSecond: number | null
  /** Method → solve times since the fleet began. */
  solveSeconds: Readonly<Record<string, Histogram>>
}

/** The drain rate is written anew when it has changed by this share. */
const DRAIN_SHARE = 0.2
/** Of what the places can do by the solve times, so much is counted on. */
const PLACES_SHARE = 0.8
/** A place is held until a poll finds the solution: half of the usual time between two polls. */
const POLL_WAIT_SECONDS = 2.5

/**
 * What the places can do is known from the solve times, and holds also right after an outage or a quiet time, when few
 * tasks were settled. Where a provider has become slower than it ever was, it is too much; so it counts for less.
 */
export function drainOf(
  { settledPerSecond, solveSeconds }: DrainFinding,
  { providers, route }: Pick<Control, 'providers' | 'route'>,
  now: number,
  { maxInFlight }: Pick<Settings, 'maxInFlight'>,
): number | null {
  const places = limitAt(providers[route.active] ?? initialProvider, maxInFlight, now)
  const seconds = meanOf(sumOf(Object.values(solveSeconds)))
  if (seconds === null) return settledPerSecond
  return Math.max(settledPerSecond ?? 0, (PLACES_SHARE * places) / (seconds + POLL_WAIT_SECONDS))
}

/** The rate that is written. The old one where little has changed, so that no write is made. */
export function drainAfter(before: number | null, now: number | null): number | null {
  if (before === null || now === null) return now === null ? null : rounded(now)
  return Math.abs(now - before) > DRAIN_SHARE * before ? rounded(now) : before
}
const rounded = (rate: number): number => Number(rate.toPrecision(2))
