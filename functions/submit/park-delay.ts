import type { FailureClass } from '../core/provider/error-class.ts'
import type { Priority } from '../core/task/task.ts'

/** First and longest delay of a parked task, seconds, by why it waits. */
const DELAYS: Partial<Record<FailureClass, readonly [number, number]>> = {
  rate: [10, 60],
  transient: [5, 60],
  uncertain: [5, 60],
  store: [5, 60],
  auth: [10, 60],
  funds: [5, 60],
  spend: [60, 900],
  blocked: [30, 600],
}

/** Whose turn it is when a place is given back. */
interface Turn {
  priority: Priority
  /** Tasks settled per second; null or 0: nothing is known of it. */
  drainPerSecond: number | null
}

/** The longest delay of a normal task that waits for a place is the time in which so many tasks are settled. */
const TURNS = 30
const LONGEST = [30, 60] as const
/** The more urgent come back sooner. */
const SLOWER: Record<Exclude<Priority, 'critical'>, number> = { high: 0.5, normal: 1, low: 2 }
/** The next place is kept for a critical task, so it comes back soon. */
const CRITICAL = [2, 10] as const

function delaysOf(
  why: FailureClass,
  turn: Turn = { priority: 'normal', drainPerSecond: null },
): readonly [number, number] {
  if (why !== 'inflight' && why !== 'capacity') return DELAYS[why] ?? [5, 60]
  const { priority, drainPerSecond } = turn
  if (priority === 'critical') return CRITICAL
  const [shortest, longest] = LONGEST
  const estimate =
    drainPerSecond === null || drainPerSecond === 0
      ? shortest
      : Math.max(shortest, TURNS / Math.max(drainPerSecond, TURNS / longest))
  return [5, Math.min(longest, estimate * SLOWER[priority])]
}

/**
 * The delay of a parked task, in whole seconds. It grows by half with every park, and is spread by ± 20 % so that many
 * tasks do not come back at once. It never ends before the time that the provider asked for, and never long after the
 * deadline. One exception: a task that is parked after its deadline waits for a table that does not answer. A delay that
 * ended at the deadline would then be one second, and every such task a busy loop until the table answers.
 */
export function parkSeconds(
  why: FailureClass,
  parks: number,
  fraction: number,
  bounds: { atLeast?: number | undefined; untilDeadline: number; longest: number; turn?: Turn },
): number {
  const [first, most] = delaysOf(why, bounds.turn)
  const grown = Math.min(most, first * 1.5 ** Math.min(parks, 20))
  const spread = grown * (0.8 + 0.4 * fraction)
  const wanted = Math.max(spread, bounds.atLeast ?? 0)
  const isLate = why === 'store' && bounds.untilDeadline <= 0
  const untilEnd = isLate ? Number.POSITIVE_INFINITY : bounds.untilDeadline + 1
  return Math.max(1, Math.ceil(Math.min(wanted, untilEnd, bounds.longest)))
}
