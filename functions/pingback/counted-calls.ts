import type { MetricName } from '../contract/metrics.ts'
import type { Clock } from '../core/ports.ts'

const PERIOD_MS = 60_000

/**
 * Counts calls that change nothing: the first one at once, then what has come since, once a minute at most and only
 * when another one comes. So a flood of them costs one line a minute for each execution environment.
 */
export function makeCountedCalls(
  clock: Clock,
  count: (name: MetricName, value: number) => void,
  name: MetricName,
): () => void {
  let calls = 0
  let loggedAt = Number.NEGATIVE_INFINITY
  return () => {
    calls += 1
    if (clock.now() - loggedAt < PERIOD_MS) return
    count(name, calls)
    calls = 0
    loggedAt = clock.now()
  }
}
