import * as z from 'zod/mini'
import type { FleetChange } from '../../core/outcome/change.ts'
import { eachCount } from '../../core/outcome/counts.ts'
import type { Summary } from '../../core/outcome/summary.ts'
import type { ErrorClass, FailureClass } from '../../core/provider/error-class.ts'
import { withSums } from './solve-times.ts'

const errorClasses = {
  pending: 'pending',
  capacity: 'capacity',
  rate: 'rate',
  transient: 'transient',
  task: 'task',
  unsolvable: 'unsolvable',
  auth: 'auth',
  funds: 'funds',
  blocked: 'blocked',
  uncertain: 'uncertain',
  ignore: 'ignore',
  unknown: 'unknown',
} as const satisfies { [K in ErrorClass]: K }
const ownClasses = {
  deadline: 'deadline',
  invalid: 'invalid',
  spend: 'spend',
  inflight: 'inflight',
  store: 'store',
  fault: 'fault',
} as const satisfies { [K in Exclude<FailureClass, ErrorClass>]: K }

export const errorClass = z.enum(errorClasses)
export const failureClass = z.enum({ ...errorClasses, ...ownClasses })
/** A refusal whose cause is the account. */
export const accountRefusal = z.object({ class: z.enum(['auth', 'funds']), code: z.string() })
const time = z.nullable(z.number())
const byClass = z.partialRecord(failureClass, z.number())

const fleetChange = z.object({
  at: z.number(),
  what: z.enum(['breaker', 'hold', 'key', 'route', 'mode']),
  provider: z.string(),
  from: z.string(),
  to: z.string(),
  cause: z.string(),
}) satisfies z.ZodMiniType<FleetChange>

/** The fields of a summary as they are stored. */
export const summaryFields = z.object({
  ...eachCount(z.number()),
  failedByClass: byClass,
  refusedByClass: byClass,
  /** Missing in items that were stored before this field existed. */
  accountAnswers: z._default(
    z.record(z.string(), z.object({ at: z.number(), refusal: z.nullable(accountRefusal) })),
    {},
  ),
  /** Missing in items that were stored before this field existed. */
  lost: z._default(z.record(z.string(), z.number()), {}),
  /** Missing in items that were stored before this field existed. */
  slowSubmits: z._default(z.record(z.string(), z.number()), {}),
  trailingFailures: z.number(),
  trailingTransport: z.number(),
  lastFailureAt: time,
  lastSolveAt: time,
  lastWorkingSubmitAt: time,
  lastClientErrorAt: time,
  oldestParkedAt: time,
  slow: z.array(z.object({ taskId: z.string(), method: z.string(), submittedAt: z.number(), seenAt: z.number() })),
  lastExpiredSubmittedAt: time,
  solveSeconds: z.record(z.string(), z.array(z.number())),
  /** Missing in items that were stored before this field existed. */
  solveMs: z._default(z.record(z.string(), z.number()), {}),
  /** Missing in items that were stored before this field existed. */
  changes: z._default(z.array(fleetChange), []),
}) satisfies z.ZodMiniType<Summary>

/** A whole summary as the record has it. */
export const summarySchema = z.pipe(summaryFields, z.transform(withSums)) satisfies z.ZodMiniType<Summary>
