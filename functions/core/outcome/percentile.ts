import { HISTOGRAM_SECONDS, type Histogram } from './summary.ts'

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
