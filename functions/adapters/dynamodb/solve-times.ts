import { secondsByMiddles } from '../../core/outcome/histogram.ts'
import { HISTOGRAM_SECONDS, type Histogram, type Summary } from '../../core/outcome/summary.ts'

type SolveTimes = Pick<Summary, 'solveSeconds' | 'solveMs'>

/** The text of one method's solve times. */
export const SOLVE_TIMES_TEXT = /^\d+( \d+)*$/

/**
 * Solve times as an outcome item has them. Each method has one text: the sum in milliseconds, then the counts up to the
 * last class that is not empty. As lists of numbers with the sums beside them, the worst item would need a third write
 * unit.
 */
export const storedTimes = ({ solveSeconds, solveMs }: SolveTimes): Record<string, string> =>
  Object.fromEntries(
    Object.entries(solveSeconds).map(([method, counts]) => [
      method,
      [solveMs[method] ?? 0, ...untilLastSolve(counts)].join(' '),
    ]),
  )

const untilLastSolve = (counts: Histogram): Histogram => counts.slice(0, counts.findLastIndex((count) => count > 0) + 1)

/** The reverse of `storedTimes`. */
export function readTimes(stored: Readonly<Record<string, string>>): SolveTimes {
  const times: SolveTimes = { solveSeconds: {}, solveMs: {} }
  for (const [method, text] of Object.entries(stored)) {
    const [ms = 0, ...counts] = text.split(' ').map(Number)
    const classes = Math.max(HISTOGRAM_SECONDS.length + 1, counts.length)
    times.solveSeconds[method] = Array.from({ length: classes }, (_, n) => counts[n] ?? 0)
    times.solveMs[method] = ms
  }
  return times
}

/**
 * What was stored before the fleet kept sums has counts without one. Each of its solves is taken for the middle of its
 * class, so that a sum is of the same solves as the counts beside it from the first moment (decision 0032).
 */
export function withSums<Times extends SolveTimes>(times: Times): Times {
  const byMiddles = Object.entries(times.solveSeconds).map(([method, counts]) => [
    method,
    1000 * secondsByMiddles(counts),
  ])
  return { ...times, solveMs: { ...Object.fromEntries(byMiddles), ...times.solveMs } }
}
