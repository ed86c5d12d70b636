/** Polls come at a regular interval until a task is so old. Of a hundred tasks ninety-nine are solved by then. */
const REGULAR_MS = 120_000
/**
 * Then the gap between two polls grows with the age of the task: one that is never solved costs 26 polls in five
 * minutes.
 */
const SHARE_OF_AGE = 0.35

/**
 * At a provider that counts requests against captchas, the regular polls end earlier, by age and by number, and the gap
 * grows faster. So a task that is never solved costs 16 requests in three minutes, 19 in a quarter of an hour and 21 in
 * an hour.
 */
const COUNTED = {
  regularMs: 80_000,
  regularPolls: 14,
  leastMs: 40_000,
  shareOfAge: 0.5,
  oldMs: 240_000,
  shareWhenOld: 1,
}

/** Milliseconds from a poll to the next one, in whole seconds. `ageMs`: since the submit. */
export function gapAfter(ageMs: number, intervalMs: number, countsRequests: boolean): number {
  const { until, share } = countsRequests ? thrifty(ageMs, intervalMs) : { until: REGULAR_MS, share: SHARE_OF_AGE }
  if (ageMs < until) return intervalMs
  return Math.max(intervalMs, Math.floor((share * ageMs) / 1000) * 1000)
}

function thrifty(ageMs: number, intervalMs: number): { until: number; share: number } {
  const { regularMs, regularPolls, leastMs, shareOfAge, oldMs, shareWhenOld } = COUNTED
  const until = Math.min(regularMs, Math.max(regularPolls * intervalMs, leastMs))
  return { until, share: ageMs < oldMs ? shareOfAge : shareWhenOld }
}
