import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import { NOON, totals } from '../../build/evidence.ts'
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
      }),
      providers: [sweptProvider(), sweptProvider({ name: 'twocaptcha', balance: null, threads: null })],
    },
  })
