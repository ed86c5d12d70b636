import * as z from 'zod/mini'
import { publicFields } from './public-part.ts'
import { count, mode, ratio, readiness, time } from './words.ts'

const measured = z.nullable(z.union([z.number(), z.string()]))
const known = z.nullable(count)

export const readyBody = z.strictObject({
  status: readiness,
  mode,
  issues: z.array(z.string()),
  warnings: z.array(z.string()),
  stats: z.strictObject({
    solved: known,
    failed: known,
    successRate: z.nullable(ratio),
    balance: z.nullable(z.number()),
  }),
  evidence: z.strictObject({ sweptAt: z.nullable(time), ageSeconds: known, maxAgeSeconds: count }),
  thresholds: z.record(z.string(), z.number()),
  trace: z.array(
    z.strictObject({
      rule: z.string(),
      observed: measured,
      threshold: measured,
      since: z.nullable(time),
      runbook: z.string(),
    }),
  ),
})
export type ReadyBody = z.infer<typeof readyBody>

export const reducedReadyBody = z.strictObject({ status: readiness, ...publicFields })
