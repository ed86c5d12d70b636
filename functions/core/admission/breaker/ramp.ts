/** Submits per second when a ramp begins, and seconds after which the rate doubles. */
const FIRST_RATE = 5
const DOUBLED_AFTER_SECONDS = 5

/**
 * How many submits a ramp that began at `since` has allowed so far; the first second's share is allowed at once. Null:
 * the ramp is over, because it would allow more than `maxInFlight` a second.
 */
export function rampBudget(since: number, now: number, maxInFlight: number): number | null {
  const seconds = Math.max(0, (now - since) / 1000)
  const doublings = Math.floor(seconds / DOUBLED_AFTER_SECONDS)
  if (FIRST_RATE * 2 ** doublings > maxInFlight) return null
  const before = FIRST_RATE * DOUBLED_AFTER_SECONDS * (2 ** doublings - 1)
  const rate = FIRST_RATE * 2 ** doublings
  return FIRST_RATE + Math.floor(before + rate * (seconds - doublings * DOUBLED_AFTER_SECONDS))
}
