/** Polls come at a regular interval until a task is so old. Of a hundred tasks ninety-nine are solved by then. */
const REGULAR_MS = 120_000
/**
 * Then the gap between two polls grows with the age of the task, so a task that is never solved is not polled 58 times in
 * five minutes and 718 times in an hour: twocaptcha blocks an account that makes more than 20 requests a captcha, and
 * 1,200 beside them.
 */
const SHARE_OF_AGE = 0.35

/** Milliseconds from a poll to the next one, in whole seconds. `ageMs`: since the submit. */
export function gapAfter(ageMs: number, intervalMs: number): number {
  if (ageMs < REGULAR_MS) return intervalMs
  return Math.max(intervalMs, Math.floor((SHARE_OF_AGE * ageMs) / 1000) * 1000)
}
