import * as z from 'zod/mini'
import { publicFields } from './public-part.ts'
import { checkStatus, count, criticality, milliseconds, time } from './words.ts'

export const checkBody = z.strictObject({
  status: checkStatus,
  responseMs: z.nullable(milliseconds),
  checkedAt: z.nullable(time),
  ageSeconds: z.nullable(count),
  evidence: z.nullable(z.enum(['traffic', 'probe', 'deep'])),
  criticality,
  error: z.optional(z.string()),
  reason: z.optional(z.string()),
})

const status = z.enum(['ok', 'degraded'])
export const dependenciesBody = z.strictObject({ status, checks: z.record(z.string(), checkBody) })
export type DependenciesBody = z.infer<typeof dependenciesBody>

export const reducedCheckBody = z.strictObject({ status: checkStatus, ...publicFields })
export const reducedDependenciesBody = z.strictObject({
  status,
  ...publicFields,
  checks: z.record(z.string(), z.strictObject({ status: checkStatus })),
})
