import * as z from 'zod/mini'
import { milliseconds, time } from './words.ts'

const grade = z.enum(['pass', 'warn', 'fail'])

/** The IETF draft's "Health Check Response Format for HTTP APIs", as far as the views use it. */
export const healthJsonBody = z.strictObject({
  status: grade,
  releaseId: z.string(),
  output: z.optional(z.string()),
  checks: z.record(
    z.string(),
    z.array(
      z.strictObject({
        status: grade,
        observedValue: z.optional(milliseconds),
        observedUnit: z.optional(z.literal('ms')),
        time: z.optional(time),
        output: z.optional(z.string()),
        links: z.optional(z.strictObject({ help: z.string() })),
      }),
    ),
  ),
})
export type HealthJsonBody = z.infer<typeof healthJsonBody>
