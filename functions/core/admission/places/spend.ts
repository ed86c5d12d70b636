import type { Admission, Control } from '../item/admission.ts'
import { SPENT_DAY, SPENT_HOUR } from '../item/counters.ts'

/** Charges allowed per UTC hour and per UTC day; null: no limit. */
export interface SpendLimits {
  spendPerHour: number | null
  spendPerDay: number | null
}
/** Charges that the counters hold, of the hour and day that they are of. */
interface Spent {
  labels: NonNullable<Control['spend']>
  hour: number
  day: number
}

export const isLimited = ({ spendPerHour, spendPerDay }: SpendLimits): boolean =>
  spendPerHour !== null || spendPerDay !== null

/**
 * What was spent in the hour and day of `now`. A counter of an earlier hour or day counts as 0. Labels only go on: for
 * a worker whose clock is behind, the hour that was begun stays the present one.
 */
export function spentNow({ counts, control: { spend } }: Pick<Admission, 'counts' | 'control'>, now: number): Spent {
  const iso = new Date(now).toISOString()
  const labels = { hour: latest(spend?.hour, iso.slice(0, 13)), day: latest(spend?.day, iso.slice(0, 10)) }
  return {
    labels,
    hour: spend?.hour === labels.hour ? (counts[SPENT_HOUR] ?? 0) : 0,
    day: spend?.day === labels.day ? (counts[SPENT_DAY] ?? 0) : 0,
  }
}

/** The limit that is reached, for the sweep and the views. */
export function spendLimitReached(
  admission: Pick<Admission, 'counts' | 'control'>,
  { spendPerHour, spendPerDay }: SpendLimits,
  now: number,
): 'hour' | 'day' | null {
  const { hour, day } = spentNow(admission, now)
  if (spendPerHour !== null && hour >= spendPerHour) return 'hour'
  return spendPerDay !== null && day >= spendPerDay ? 'day' : null
}

const latest = (stored: string | undefined, now: string): string =>
  stored !== undefined && stored > now ? stored : now
