import type { Control } from '../core/admission/item/admission.ts'
import type { ReadinessRecord, View } from '../core/record/record.ts'
import { hasIssue, isHeld } from '../core/rules/issue.ts'
import type { WaitSettings } from './settings.ts'

const SHORTEST = 1
const LONGEST = 300
/**
 * The wait is spread by this share in both directions, so that clients that were refused together do not return
 * together.
 */
const SPREAD = 0.4
/** A shorter wait could not be spread in whole seconds. */
const LEAST_WAIT = 5
const MOST_WAIT = LONGEST / (1 + SPREAD)

interface Seen {
  view: View
  now: number
  /** Of the admission item; null: not known now. */
  control: Control | null
}

/** Whole seconds after which the answer may have changed. `fraction`: uniform in [0, 1). */
export const retryAfterSeconds = (seen: Seen, settings: WaitSettings, fraction: number): number =>
  spreadSeconds(waitOf(seen, settings), fraction)

/** The wait in whole seconds, within the bounds, and spread. `fraction`: uniform in [0, 1). */
export function spreadSeconds(seconds: number, fraction: number): number {
  const wait = Math.min(MOST_WAIT, Math.max(LEAST_WAIT, seconds))
  const spread = Math.round(wait * (1 - SPREAD + 2 * SPREAD * fraction))
  return Math.min(LONGEST, Math.max(SHORTEST, spread))
}

/** Every cause has to end, so the longest wait counts. What a person has paused ends late. */
function waitOf({ view, now, control }: Seen, settings: WaitSettings): number {
  const { status, record, sweptAt, issues } = view
  if (status === 'unknown' || record === null || sweptAt === null) return settings.sweepSeconds
  if (hasIssue(issues, 'paused')) return MOST_WAIT
  return Math.max(
    isJudgedBySweep(record) ? untilSweep(record, sweptAt, now, settings) : 0,
    hasIssue(issues, 'circuit_open', 'no_usable_provider') ? untilBreaker(control, now) : 0,
    hasIssue(issues, 'spend_limit') ? untilPeriod(issues, now) : 0,
    untilDrained(record, control, settings),
  )
}

/** Whether the last sweep found the fleet at less than its best. Otherwise what is wrong was seen since then. */
const isJudgedBySweep = ({ status }: ReadinessRecord): boolean => status !== 'ready'

/** To the sweep that can end the state: the next one, or the last of the good ones that an issue is still held for. */
function untilSweep(record: ReadinessRecord, sweptAt: number, now: number, settings: WaitSettings): number {
  const { sweepSeconds, leaveNotReadySweeps } = settings
  const untilNext = Math.max(0, sweptAt + sweepSeconds * 1000 - now) / 1000
  const more = record.issues.some(isHeld) ? Math.max(0, leaveNotReadySweeps - record.goodSweeps - 1) : 0
  return untilNext + more * sweepSeconds
}

/** To the first probe of a provider whose breaker is open. */
function untilBreaker(control: Control | null, now: number): number {
  const ends = Object.values(control?.providers ?? {}).flatMap(({ breaker }) =>
    breaker.state === 'open' ? [breaker.until] : [],
  )
  return ends.length === 0 ? 0 : Math.max(0, Math.min(...ends) - now) / 1000
}

/** To the end of the UTC hour or day. */
function untilPeriod(issues: readonly string[], now: number): number {
  const length = issues.includes('spend_limit=day') ? DAY_MS : HOUR_MS
  return (length - (now % length)) / 1000
}
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** To the moment when a queue that is full has room again, where the fleet's speed is known. */
function untilDrained({ evidence }: ReadinessRecord, control: Control | null, { queueCapacity }: WaitSettings): number {
  const over = evidence.queue.waiting - queueCapacity + 1
  const perSecond = control?.drainPerSecond ?? 0
  return perSecond > 0 ? over / perSecond : 0
}
