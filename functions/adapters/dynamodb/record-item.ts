import * as z from 'zod/mini'
import { NO_BREAKER } from '../../core/evidence/provider-facts.ts'
import { eachMinuteCount } from '../../core/outcome/counts.ts'
import type { ReadinessRecord } from '../../core/record/record.ts'
import { runningHistory } from './history-schema.ts'
import { accountRefusal, errorClass, summarySchema } from './summary-schema.ts'

const SCHEMA: ReadinessRecord['schema'] = 1

const mode = z.enum(['normal', 'degraded', 'emergency'])
const billing = z.enum(['balance', 'threads'])
const status = z.enum(['ready', 'degraded', 'not_ready'])
const time = z.nullable(z.number())
const name = z.nullable(z.string())
const measured = z.nullable(z.union([z.number(), z.string()]))

const trace = z.array(
  z.looseObject({ rule: z.string(), observed: measured, threshold: measured, since: name, runbook: z.string() }),
)
const verdict = { status, mode, issues: z.array(z.string()), warnings: z.array(z.string()), trace }
const change = z.looseObject({
  at: z.number(),
  status: z.enum(['ready', 'degraded', 'not_ready', 'unknown']),
  reasons: z.array(z.string()),
})
const minutes = z.array(z.looseObject({ at: z.number(), ...eachMinuteCount(z.number()) }))
const provider = z.looseObject({
  name: z.string(),
  billing,
  balance: z.nullable(z.number()),
  balanceAt: time,
  burnPerSecond: z._default(z.nullable(z.number()), null),
  threads: z.nullable(z.looseObject({ total: z.number(), free: z.number() })),
  checkedAt: time,
  responseMs: z.nullable(z.number()),
  error: z.nullable(z.looseObject({ class: errorClass, code: z.string() })),
  lostCalls: z.number(),
  lostSince: time,
  backAt: z._default(time, null),
  unusableSince: time,
  keyRefused: z.boolean(),
  workersRefused: z._default(z.nullable(z.extend(accountRefusal, { at: z.number() })), null),
  breaker: z._default(
    z.looseObject({
      state: z.enum(['closed', 'open', 'half_open']),
      since: time,
      cause: name,
      isProven: z.boolean(),
    }),
    { ...NO_BREAKER },
  ),
})
const evidence = z.looseObject({
  ranAt: z.number(),
  startedAt: z.number(),
  queue: z.looseObject({
    waiting: z.number(),
    available: z.number(),
    received: z.optional(z.number()),
    inFlight: z.number(),
    deadLetters: z.number(),
  }),
  totals: summarySchema,
  minutes,
  demandSeconds: z.number(),
  demand: z.boolean(),
  waitingSince: time,
  backlogSeconds: z.number(),
  errorRate: z.nullable(z.number()),
  badRateSweeps: z.number(),
  lastOutcomeAt: time,
  workers: z.record(z.string(), z.number()),
  workersAlive: z.number(),
  providers: z.array(provider),
  activeProvider: name,
  spendLimit: z.nullable(z.enum(['hour', 'day'])),
  secretReadable: z.boolean(),
  /** Missing in records that were stored before this field existed. */
  usableAgainAt: z._default(time, null),
  /** Missing in records that were stored before this field existed. */
  recovery: z._default(
    z.nullable(
      z.looseObject({
        at: z.number(),
        solved: z.number(),
        minutes: z.array(z.looseObject({ at: z.number(), solved: z.number(), counted: z.number() })),
      }),
    ),
    null,
  ),
  /** Missing in records that were stored before this field existed. */
  ended: z._default(z.nullable(z.looseObject({ solved: z.number(), failed: z.number() })), null),
  unproven: z.boolean(),
  pause: z._default(z.nullable(z.looseObject({ by: z.string(), at: z.number(), reason: z.string() })), null),
})
const drift = z.looseObject({
  sample: z.looseObject({
    at: z.number(),
    counted: z.number(),
    polls: z.number(),
    received: z.optional(z.number()),
    accepted: z.number(),
    settled: z.number(),
    refused: z.number(),
    probes: z.optional(z.number()),
  }),
  surplus: z.nullable(z.looseObject({ since: z.number(), tasks: z.number() })),
  reserved: z.optional(z.number()),
})
/** Loose: fields that a later version adds are kept. */
const record: z.ZodMiniType<ReadinessRecord> = z.looseObject({
  ...verdict,
  schema: z.literal(SCHEMA),
  version: z.number(),
  sweptAt: z.number(),
  activeProvider: name,
  raw: z.looseObject(verdict),
  badSweeps: z.number(),
  goodSweeps: z.number(),
  countedAt: z.number(),
  since: z.record(z.string(), z.number()),
  cursor: z.number(),
  folded: summarySchema,
  foldedMinutes: minutes,
  drift: z._default(z.nullable(drift), null),
  changes: z._default(z.array(change), []),
  history: z._default(z.nullable(runningHistory), null),
  evidence,
})

const stored = z.object({ record: z.string() })
const versioned = z.object({ schema: z.number() })

/**
 * Reads the record from its stored item, or says what is wrong with it. The text names fields and never contains their
 * values.
 */
export function parseRecord(item: unknown): { record: ReadinessRecord } | { unreadable: string } {
  const text = stored.safeParse(item)
  if (!text.success) return { unreadable: 'the item has no record text' }
  const json = parseJson(text.data.record)
  const version = versioned.safeParse(json)
  if (version.success && version.data.schema !== SCHEMA) return { unreadable: `schema ${version.data.schema}` }
  const parsed = record.safeParse(json)
  if (parsed.success) return { record: parsed.data }
  const wrong = parsed.error.issues.map(({ path }) => path.join('.') || 'the record')
  return { unreadable: `corrupt: ${[...new Set(wrong)].join(', ')}` }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
