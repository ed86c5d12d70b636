import * as z from 'zod/mini'

const seconds = z.object({ ready: z.number(), degraded: z.number(), not_ready: z.number(), unknown: z.number() })

/** One hour or day of the history, as an item and in the record. */
export const historyBucket = z.object({
  span: z.enum(['hour', 'day']),
  at: z.number(),
  seconds,
  solved: z.number(),
  failed: z.number(),
  solveSeconds: z.array(z.number()),
})

/** What the record itself holds of the history. */
export const runningHistory = z.object({ hour: historyBucket, day: historyBucket, finished: z.array(historyBucket) })
