import { type MetricName, PINGBACKS_REFUSED } from '../contract/metrics.ts'
import type { Clock } from '../core/ports.ts'

const PERIOD_MS = 60_000

/**
 * Counts the calls that were not believed: the first one at once, then what has come since, once a minute at most and
 * only when another one comes. So a flood of forged calls costs one line a minute for each execution environment.
 */
export function makeRefusedCalls(clock: Clock, count: (name: MetricName, value: number) => void): () => void {
  let refused = 0
  let loggedAt = Number.NEGATIVE_INFINITY
  return () => {
    refused += 1
    if (clock.now() - loggedAt < PERIOD_MS) return
    count(PINGBACKS_REFUSED, refused)
    refused = 0
    loggedAt = clock.now()
  }
}
