import type { Evidence } from '../evidence/evidence.ts'
import { HISTOGRAM_SECONDS, type Histogram, type SlowTask } from '../outcome/summary.ts'
import { findingIf, type Rule } from './rule.ts'

const OVERDUE_TASKS = 3
const OVERDUE_SECONDS = 90
const OVERDUE_MEDIANS = 6
/** Fewer solves than this have no median. */
const MEDIAN_SOLVES = 5
/** A task in flight is looked at far more often than this; one that is not has settled. */
const UNSEEN_SECONDS = 180

/** A provider that accepts everything and solves nothing gives no error: only time tells. */
export const overdue: Rule<'overdue'> = (evidence) => {
  const late = overdueTasks(evidence)
  const { lastSolveAt, lastExpiredSubmittedAt } = evidence.totals
  const unsolved = lastSolveAt === null || evidence.sweptAt - lastSolveAt >= OVERDUE_SECONDS * 1000
  const expired = lastExpiredSubmittedAt !== null && (lastSolveAt === null || lastSolveAt < lastExpiredSubmittedAt)
  const count = Math.max(late, expired ? 1 : 0)
  return findingIf(expired || (late >= OVERDUE_TASKS && unsolved), {
    severity: 'issue',
    rule: 'overdue',
    value: String(count),
    observed: count,
    threshold: expired ? 1 : OVERDUE_TASKS,
  })
}

/** Tasks in flight that a sound solver would long have answered. */
function overdueTasks({ totals, queue, sweptAt }: Evidence): number {
  const isLate = ({ method, submittedAt, seenAt }: SlowTask) => {
    const longest = Math.max(OVERDUE_SECONDS, OVERDUE_MEDIANS * medianOf(totals.solveSeconds[method] ?? []))
    return sweptAt - submittedAt > longest * 1000 && sweptAt - seenAt < UNSEEN_SECONDS * 1000
  }
  return Math.min(queue.inFlight, totals.slow.filter(isLate).length)
}

/** Upper bound of the median's class; 0 where too little is known. */
export function medianOf(times: Histogram): number {
  const all = times.reduce((sum, count) => sum + count, 0)
  if (all < MEDIAN_SOLVES) return 0
  let below = 0
  const found = times.findIndex((count) => {
    below += count
    return below * 2 >= all
  })
  return HISTOGRAM_SECONDS[found] ?? HISTOGRAM_SECONDS.at(-1) ?? 0
}
