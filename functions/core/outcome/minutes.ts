import { eachMinuteCount, type MinuteCounts } from './counts.ts'
import type { OutcomeItem } from './summary.ts'

const MINUTE = 60_000
/** The number of buckets that are kept: the statistics of the last hour are computed from them. */
const KEPT_MINUTES = 60
/** The error rate covers this many minutes and needs at least this many settled tasks. */
export const RATE_MINUTES = 5
const RATE_TASKS = 10

export const minuteOf = (at: number): number => Math.floor(at / MINUTE) * MINUTE

/** The buckets of the last hour before `now`, with `items` added, oldest first. */
export function addMinutes(
  minutes: readonly MinuteBucket[],
  items: readonly OutcomeItem[],
  now: number,
): MinuteBucket[] {
  const byMinute = new Map(minutes.map((minute) => [minute.at, minute]))
  for (const item of items) {
    const at = minuteOf(item.at)
    byMinute.set(at, plus(byMinute.get(at) ?? emptyMinute(at), item))
  }
  const first = minuteOf(now) - (KEPT_MINUTES - 1) * MINUTE
  return [...byMinute.values()].filter(({ at }) => at >= first).sort((a, b) => a.at - b.at)
}

/** Counted failures divided by counted settled tasks of the last five minutes; null: there are too few tasks. */
export const errorRateOf = (
  minutes: readonly Pick<MinuteBucket, 'at' | 'counted' | 'solved'>[],
  now: number,
): number | null => rateOf(minutes, now, ({ counted, solved }) => ({ part: counted, all: counted + solved }))

/**
 * Messages that failed by their client's own fault divided by all received messages of the last five minutes; null:
 * there are too few messages.
 */
export const clientErrorsOf = (minutes: readonly MinuteBucket[], now: number): number | null =>
  rateOf(minutes, now, ({ invalid, ownFault, received }) => ({ part: invalid + ownFault, all: invalid + received }))

/** Tasks settled per second, of the last three minutes; null: none was. */
export function settledPerSecond(minutes: readonly MinuteBucket[], now: number): number | null {
  const from = minuteOf(now) - 2 * MINUTE
  const settled = minutes.filter(({ at }) => at >= from).reduce((sum, { solved, failed }) => sum + solved + failed, 0)
  return settled === 0 ? null : settled / ((now - from) / 1000)
}

/** Solutions that came by a callback, divided by all solutions of the last five minutes; null: there are too few. */
export const calledBackOf = (minutes: readonly MinuteBucket[], now: number): number | null =>
  rateOf(minutes, now, ({ calledBack, solved }) => ({ part: calledBack, all: solved }))

function rateOf<Minute extends { at: number }>(
  minutes: readonly Minute[],
  now: number,
  count: (minute: Minute) => { part: number; all: number },
): number | null {
  const counts = minutes.filter(({ at }) => at + MINUTE > now - RATE_MINUTES * MINUTE).map(count)
  const all = counts.reduce((sum, minute) => sum + minute.all, 0)
  const part = counts.reduce((sum, minute) => sum + minute.part, 0)
  return all < RATE_TASKS ? null : part / all
}

/** One UTC minute of totals; the record keeps the last 60. `at`: start of the minute, milliseconds since 1970. */
export interface MinuteBucket extends MinuteCounts {
  at: number
}

const emptyMinute = (at: number): MinuteBucket => ({ at, ...eachMinuteCount(0) })

function plus(minute: MinuteBucket, item: OutcomeItem): MinuteBucket {
  const more = {
    ...item,
    expired: item.expiredSubmitted + item.expiredWaiting,
    ownFault: item.failedByClass.task ?? 0,
    calledBack: item.function === 'pingback' ? item.solved : 0,
  }
  const counts = eachMinuteCount(0)
  let name: keyof MinuteCounts
  for (name in counts) counts[name] = minute[name] + more[name]
  return { at: minute.at, ...counts }
}
