import * as z from 'zod/mini'
import { checkStatus, count, criticality, milliseconds, time } from './words.ts'

export const deepBody = z.strictObject({
  status: z.enum(['ok', 'degraded', 'unknown']),
  ranAt: z.nullable(time),
  ageSeconds: z.nullable(count),
  ranBy: z.nullable(z.string()),
  paid: z.boolean(),
  checks: z.record(
    z.string(),
    z.strictObject({
      status: checkStatus,
      responseMs: z.nullable(milliseconds),
      checkedAt: z.nullable(time),
      criticality,
      error: z.optional(z.string()),
      reason: z.optional(z.string()),
    }),
  ),
})
export type DeepBody = z.infer<typeof deepBody>
