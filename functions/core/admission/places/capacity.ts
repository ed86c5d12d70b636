import type { ProviderControl } from '../item/admission.ts'

type Learned = NonNullable<ProviderControl['learned']>

const FIRST_RAISE_SECONDS = 10
const SHORTEST_RAISE_SECONDS = 1
const LONGEST_RAISE_SECONDS = 900

/**
 * How many tasks may be in flight at this provider: the smallest of what a person allows, the plan's threads, and the
 * limit that the fleet learned. Once `raiseAfterSeconds` have passed without an answer that no thread is free, one task
 * more than learned may try.
 */
export function limitAt({ threads, learned }: ProviderControl, maxInFlight: number, now: number): number {
  const most = Math.min(maxInFlight, threads ?? maxInFlight)
  if (learned === null) return most
  const mayTry = now - learned.at >= learned.raiseAfterSeconds * 1000
  return Math.min(most, learned.limit + (mayTry ? 1 : 0))
}

/**
 * The provider answered that no thread is free, with so many tasks really in flight there. The limit comes down to that
 * number. Where it was already there, one task more than the limit was tried in vain, and the next trial waits twice as
 * long.
 */
export function afterSaturation(learned: Learned | null, inFlight: number, at: number): Learned {
  const limit = Math.max(1, inFlight)
  return learned === null || limit < learned.limit
    ? { limit, at, raiseAfterSeconds: FIRST_RAISE_SECONDS }
    : { ...learned, at, raiseAfterSeconds: Math.min(LONGEST_RAISE_SECONDS, 2 * learned.raiseAfterSeconds) }
}

/**
 * A submit was accepted, with so many tasks in flight, itself included: where that is above the limit, the limit rises.
 */
export function afterAccepted(learned: Learned | null, inFlight: number, at: number): Learned | null {
  if (learned === null || inFlight <= learned.limit) return learned
  const raiseAfterSeconds = Math.max(SHORTEST_RAISE_SECONDS, learned.raiseAfterSeconds / 2)
  return { limit: inFlight, at, raiseAfterSeconds }
}
