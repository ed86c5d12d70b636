import { LIMITS } from '../../contract/limits.ts'
import { SETTINGS } from '../../contract/settings.ts'
import type { Ended } from '../admission/item/ended.ts'
import { errorRateOf, minuteOf, RATE_MINUTES } from '../outcome/minutes.ts'
import type { OutcomeItem } from '../outcome/summary.ts'
import { countedClassesOf } from '../task/settlement.ts'

/** As many solves as usually close a breaker prove that a provider which solved nothing solves again. */
const PROVING_SOLVES = SETTINGS.breakerSuccesses.default
/** After this time, no task that was sent before the recovery can end any more. */
const KEPT_MS = LIMITS.longestDeadlineSeconds * 1000 + RATE_MINUTES * 60_000

/**
 * The first solve after a time in which nothing was solved. What failed before says nothing about now, and neither does
 * a task that was submitted before and expires later; so the error rate counts from here.
 */
export interface Recovery {
  at: number
  /** Solves since then. */
  solved: number
  /** The last minutes, as the error rate counts them: `counted` are failures. */
  minutes: { at: number; solved: number; counted: number }[]
}

export const isProven = (recovery: Recovery | null): recovery is Recovery =>
  recovery !== null && recovery.solved >= PROVING_SOLVES

/**
 * The recovery after one more outcome. `failingUntil`: until then nothing was solved; null: the fleet was not failing.
 */
export function advanceRecovery(
  before: Recovery | null,
  item: OutcomeItem,
  failingUntil: number | null,
): Recovery | null {
  const begins = failingUntil !== null && item.lastSolveAt !== null && (before === null || before.at <= failingUntil)
  if (begins) return { at: item.at, solved: item.solved, minutes: added([], item, item.solved, 0) }
  if (before === null) return null
  return {
    ...before,
    solved: before.solved + item.solved,
    minutes: added(before.minutes, item, item.solved, failuresSince(before.at, item)),
  }
}

/** The error rate of the tasks that were submitted since a proven recovery; null: there are too few. */
export const rateSince = ({ minutes }: Recovery, now: number): number | null => errorRateOf(minutes, now)

/**
 * The recovery with what ended since the sweep that found it. `isFailing`: that sweep found that nothing is solved, so
 * a recovery begins with the first solve since. The failures since then may be older than that solve; a sweep knows
 * better, so this errs toward failing. Null: none is under way, or it was proven, and the sweep has judged its rate.
 */
export function recoveryWith(
  before: Recovery | null,
  { solved, failed }: Ended,
  { isFailing, now }: { isFailing: boolean; now: number },
): Recovery | null {
  const begun = isFailing ? { at: now, solved: 0, minutes: [] } : before
  if (begun === null || begun.solved >= PROVING_SOLVES) return null
  const minute = { at: minuteOf(now), solved, counted: failed }
  return { at: begun.at, solved: begun.solved + solved, minutes: [...begun.minutes, minute] }
}

export const stillMatters = (recovery: Recovery | null, now: number): Recovery | null =>
  recovery === null || now - recovery.at > KEPT_MS ? null : recovery

/** Counted failures, without the tasks that were submitted before and have expired. */
function failuresSince(at: number, { counted, failedByClass, lastExpiredSubmittedAt }: OutcomeItem): number {
  const answered = countedClassesOf(failedByClass)
  return lastExpiredSubmittedAt !== null && lastExpiredSubmittedAt >= at ? counted : answered
}

function added(minutes: Recovery['minutes'], { at }: OutcomeItem, solved: number, counted: number) {
  const minute = minuteOf(at)
  const same = minutes.find((one) => one.at === minute) ?? { at: minute, solved: 0, counted: 0 }
  const others = minutes.filter((one) => one.at !== minute && one.at > minute - 2 * RATE_MINUTES * 60_000)
  return [...others, { at: minute, solved: same.solved + solved, counted: same.counted + counted }]
}
