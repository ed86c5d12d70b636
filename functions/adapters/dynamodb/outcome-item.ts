import * as z from 'zod/mini'
import { LIMITS } from '../../contract/limits.ts'
import { outcomeKey } from '../../contract/table.ts'
import { EMPTY_SUMMARY, type OutcomeItem, shardOf } from '../../core/outcome/summary.ts'
import { readTimes, SOLVE_TIMES_TEXT, storedTimes, withSums } from './solve-times.ts'
import { summaryFields } from './summary-schema.ts'

const DAY_SECONDS = 86_400

/**
 * Leaves out counters that are zero, so that an item stays within one write unit (1 KB). `solved` and `failed` are
 * always stored.
 */
export function storedOutcome(item: OutcomeItem): Record<string, unknown> {
  const { at, invocation, solveSeconds, solveMs, ...rest } = item
  const facts = Object.entries({ ...rest, solveTimes: storedTimes({ solveSeconds, solveMs }) }).filter(
    ([name, value]) => name === 'solved' || name === 'failed' || !isEmpty(value),
  )
  const ttl = Math.floor(at / 1000) + LIMITS.outcomeItemDays * DAY_SECONDS
  return { ...outcomeKey(shardOf(invocation), sortableTime(at), invocation), ttl, ...Object.fromEntries(facts) }
}

const isEmpty = (value: unknown): boolean =>
  value === 0 || value === null || (typeof value === 'object' && Object.keys(value).length === 0)

const placed = z.object({ sk: z.string().check(z.minLength(1)) })
const outcome = z.extend(summaryFields, {
  worker: z.string(),
  function: z.enum(['submit', 'collect', 'pingback']),
  /** Missing in items that were stored before this field existed; they have `solveSeconds`. */
  solveTimes: z._default(z.record(z.string(), z.string().check(z.regex(SOLVE_TIMES_TEXT))), {}),
})

/** Reads a stored outcome item. Throws an error that names the wrong attributes if the item is not an outcome item. */
export function parseOutcome(stored: Record<string, unknown>): OutcomeItem {
  const key = placed.safeParse(stored)
  const parsed = outcome.safeParse({ ...EMPTY_SUMMARY, ...stored })
  const at = key.success ? Date.parse(key.data.sk.slice(0, ISO_LENGTH)) : Number.NaN
  if (!key.success || !parsed.success || Number.isNaN(at)) {
    const wrong = parsed.success ? ['sk'] : parsed.error.issues.map(({ path }) => path.join('.'))
    throw new Error(`corrupt outcome item: ${wrong.join(', ')}`)
  }
  const { solveTimes, solveSeconds, solveMs, ...facts } = parsed.data
  const times = readTimes(solveTimes)
  const whole = withSums({
    solveSeconds: { ...solveSeconds, ...times.solveSeconds },
    solveMs: { ...solveMs, ...times.solveMs },
  })
  return { ...facts, ...whole, at, invocation: invocationOf(key.data.sk) }
}

const ISO_LENGTH = '2026-11-21T12:00:00.000Z'.length
const LAST_TIME = Date.UTC(9999, 11, 31)

/**
 * A time as ISO text that sorts by time. Times outside the years that sort correctly become the nearest end of that
 * range.
 */
export const sortableTime = (at: number): string => new Date(Math.min(Math.max(at, 0), LAST_TIME)).toISOString()
export const invocationOf = (sk: string): string => sk.slice(ISO_LENGTH + 1)
