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
 * Whole seconds that a task is put back for: grows by half with every park, is spread by ± 20 % so that a crowd does
 * not come back at once, never ends before what the provider asked for, and never reaches far past the deadline. A task
 * that is parked after its deadline waits for the table, which cannot be told of its end: a wait that ended by the
 * deadline would then be a second, and every such task a busy loop for as long as the table is silent.
 */
export function parkSeconds(
  why: FailureClass,
  parks: number,
  fraction: number,
  bounds: { atLeast?: number | undefined; untilDeadline: number; longest: number },
): number {
  const [first, most] = DELAYS[why] ?? [5, 60]
  const grown = Math.min(most, first * 1.5 ** Math.min(parks, 20))
  const spread = grown * (0.8 + 0.4 * fraction)
  const wanted = Math.max(spread, bounds.atLeast ?? 0)
  const isLate = why === 'store' && bounds.untilDeadline <= 0
  const untilEnd = isLate ? Number.POSITIVE_INFINITY : bounds.untilDeadline + 1
  return Math.max(1, Math.ceil(Math.min(wanted, untilEnd, bounds.longest)))
}
