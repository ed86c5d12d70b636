import type { FailureClass } from '../core/provider/error-class.ts'

/** First and longest delay of a parked task, seconds, by why it waits. */
const DELAYS: Partial<Record<FailureClass, readonly [number, number]>> = {
  capacity: [5, 30],
  inflight: [5, 30],
  rate: [10, 60],
  transient: [5, 60],
  uncertain: [5, 60],
  store: [5, 60],
  auth: [10, 60],
  funds: [5, 60],
  spend: [60, 900],
  blocked: [30, 600],
}
/**
 * The next place is kept for a critical task, so it comes back soon: in whole seconds after 2, and the first times
 * equally soon.
 */
const CRITICAL = [1.6, 10] as const
const CRITICAL_SOON = 3

export const waitsForPlace = (why: FailureClass): boolean => why === 'inflight' || why === 'capacity'

/**
 * The delay of a parked task, in whole seconds. A task that has a turn comes back at its turn
 * (core/admission/waits/turns.ts). Otherwise the delay grows by half with every park, and is spread by ± 20 % so that many
 * tasks do not come back at once. It never ends before the time that the provider asked for, and never long after the
 * deadline. One exception: a task that is parked after its deadline waits for a table that does not answer. A delay
 * that ended at the deadline would then be one second, and every such task a busy loop until the table answers.
 */
export function parkSeconds(
  why: FailureClass,
  parks: number,
  fraction: number,
  bounds: {
    atLeast?: number | undefined
    untilDeadline: number
    longest: number
    turn?: number | undefined
    isCritical?: boolean
  },
): number {
  const isUrgent = bounds.isCritical === true && waitsForPlace(why)
  const [first, most] = isUrgent ? CRITICAL : (DELAYS[why] ?? [5, 60])
  const grows = isUrgent ? Math.max(0, parks - CRITICAL_SOON) : parks
  const grown = Math.min(most, first * 1.5 ** Math.min(grows, 20))
  const spread = grown * (0.8 + 0.4 * fraction)
  const wanted = Math.max(bounds.turn ?? spread, bounds.atLeast ?? 0)
  const isLate = why === 'store' && bounds.untilDeadline <= 0
  const untilEnd = isLate ? Number.POSITIVE_INFINITY : bounds.untilDeadline + 1
  return Math.max(1, Math.ceil(Math.min(wanted, untilEnd, bounds.longest)))
}
