import { HISTOGRAM_SECONDS, type Histogram } from './summary.ts'

/** Seconds that stand for the times beyond the last bound. */
export const BEYOND_SECONDS = 400

/** The number of solves that a histogram counts. */
export const countOf = (times: Histogram): number => times.reduce((sum, count) => sum + count, 0)

/**
 * The seconds within which at least this share of the solves came: the upper bound of the class. Infinity: beyond the
 * last bound. Null: there is no solve.
 */
export function percentileOf(times: Histogram, share: number): number | null {
  const all = countOf(times)
  if (all === 0) return null
  let below = 0
  const found = times.findIndex((count) => {
    below += count
    return below >= share * all
  })
  return HISTOGRAM_SECONDS[found] ?? Number.POSITIVE_INFINITY
}

/** The mean of the solve times, each taken for the middle of its class; null: there is no solve. */
export function meanOf(times: Histogram): number | null {
  const all = countOf(times)
  return all === 0 ? null : secondsByMiddles(times) / all
}

/** The sum of the solve times, each taken for the middle of its class. */
export function secondsByMiddles(times: Histogram): number {
  const middle = (n: number) => ((HISTOGRAM_SECONDS[n - 1] ?? 0) + (HISTOGRAM_SECONDS[n] ?? BEYOND_SECONDS)) / 2
  return times.reduce((sum, count, n) => sum + count * middle(n), 0)
}

/** All of them in one. */
export const sumOf = (histograms: readonly Histogram[]): Histogram =>
  Array.from({ length: HISTOGRAM_SECONDS.length + 1 }, (_, n) =>
    histograms.reduce((sum, times) => sum + (times[n] ?? 0), 0),
  )
