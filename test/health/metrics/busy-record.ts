import { summarise } from '../../../functions/core/outcome/summary-of.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import { NOON, totals } from '../../build/evidence.ts'
import { solved } from '../../build/outcomes.ts'
import { recordOf, sweptProvider } from '../../build/record.ts'

/** A fleet that has solved, failed and expired tasks of several methods and classes. */
export const busyRecord = (): ReadinessRecord =>
  recordOf({
    evidence: {
      totals: totals({
        ...{
          solved: 90,
          failed: 7,
          failedCharged: 5,
          expiredSubmitted: 2,
          expiredWaiting: 1,
          resubmitted: 3,
          unknown: 1,
        },
        ...{ received: 120, invalid: 4, accepted: 101, polled: 300, parked: 6, trailingFailures: 2 },
        failedByClass: { unsolvable: 5, task: 2 },
        lastSolveAt: NOON - 9_500,
        solveSeconds: {
          userrecaptcha: [0, 1, 2, 30, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1],
          'made up "by"\na client': [1],
          another: [1, 1],
        },
        solveMs: { userrecaptcha: 1_134_250, 'made up "by"\na client': 1_500, another: 5_001 },
      }),
      providers: [sweptProvider(), sweptProvider({ name: 'twocaptcha', balance: null, threads: null })],
    },
  })

/** A fleet whose totals are the sum of these solves: 40 by each of two methods, and three that clients made up. */
export function recordOfSolves(): ReadinessRecord {
  const solves = (method: string, count: number, seconds: (n: number) => number) =>
    Array.from({ length: count }, (_, n) => ({ ...solved(NOON, seconds(n)), method }))
  const events = [
    ...solves('turnstile', 40, (n) => 6 + n / 7),
    ...solves('hcaptcha', 40, (n) => 14.5 + n * 2.3),
    ...solves('made up', 3, (n) => 310 + n * 20),
  ]
  return recordOf({ evidence: { totals: summarise(events) } })
}
