import { slowSeconds } from '../../contract/limits.ts'
import type { Evidence } from '../evidence/evidence.ts'
import { countOf } from '../outcome/histogram.ts'
import { HISTOGRAM_SECONDS, type Histogram, type SlowTask } from '../outcome/summary.ts'
import { findingIf, type Rule } from './rule.ts'

const OVERDUE_TASKS = 3
const OVERDUE_MEDIANS = 6
/** The median is not computed from fewer solves than this. */
const MEDIAN_SOLVES = 5
/** A task in flight is polled far more often than this. A task that was not polled for this long has settled. */
const UNSEEN_SECONDS = 180

/** A provider that accepts everything and solves nothing returns no error; only the passing time shows it. */
export const overdue: Rule<'overdue'> = (evidence, { stalledSeconds }) => {
  const overdueSeconds = slowSeconds(stalledSeconds)
  const late = overdueTasks(evidence, overdueSeconds)
  const { lastSolveAt, lastExpiredSubmittedAt } = evidence.totals
  const unsolved = lastSolveAt === null || evidence.ranAt - lastSolveAt >= overdueSeconds * 1000
  const provenAt = Math.max(lastSolveAt ?? 0, evidence.usableAgainAt ?? 0)
  const expired = lastExpiredSubmittedAt !== null && provenAt < lastExpiredSubmittedAt
  const count = Math.max(late, expired ? 1 : 0)
  return findingIf(expired || (late >= OVERDUE_TASKS && unsolved), {
    severity: 'issue',
    rule: 'overdue',
    value: String(count),
    observed: count,
    threshold: expired ? 1 : OVERDUE_TASKS,
  })
}

/** The number of tasks in flight that a working provider would have answered long ago. */
function overdueTasks({ totals, queue, ranAt }: Evidence, overdueSeconds: number): number {
  const isLate = ({ method, submittedAt, seenAt }: SlowTask) => {
    const longest = Math.max(overdueSeconds, OVERDUE_MEDIANS * medianOf(totals.solveSeconds[method] ?? []))
    return ranAt - submittedAt > longest * 1000 && ranAt - seenAt < UNSEEN_SECONDS * 1000
  }
  return Math.min(queue.inFlight, totals.slow.filter(isLate).length)
}

/** The times of a class are taken for evenly spread in it; 0 if there are too few solves. */
export function medianOf(times: Histogram): number {
  const all = countOf(times)
  if (all < MEDIAN_SOLVES) return 0
  let below = 0
  for (const [n, count] of times.entries()) {
    if ((below + count) * 2 >= all) {
      const from = HISTOGRAM_SECONDS[n - 1] ?? 0
      const until = HISTOGRAM_SECONDS[n] ?? from
      return from + ((until - from) * (all / 2 - below)) / count
    }
    below += count
  }
  return 0
}
