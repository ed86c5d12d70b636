import * as z from 'zod/mini'
import { publicFields } from './public-part.ts'
import { count, mode, ratio } from './words.ts'

const status = z.enum(['healthy', 'degraded', 'overloaded'])
const known = z.nullable(count)
const each = <T extends z.ZodMiniType>(value: T) =>
  z.strictObject({ low: value, normal: value, high: value, critical: value })

export const overviewBody = z.strictObject({
  status,
  mode,
  workersAlive: known,
  activeTasks: known,
  maxConcurrent: count,
  loadPct: known,
  queueDepth: known,
  queueCapacity: count,
  accepting: each(z.boolean()),
  admitting: each(ratio),
})
export type OverviewBody = z.infer<typeof overviewBody>

export const reducedOverviewBody = z.strictObject({ status, ...publicFields })
