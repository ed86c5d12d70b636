import type { Priority } from '../../task/task.ts'
import type { Mode } from '../item/admission.ts'

/**
 * Priority → the share of the limit that tasks of this priority may fill, 0 to 1. `one`: one task in the whole fleet.
 */
type Shares = Readonly<Record<Priority, number | 'one'>>

/** The admitter and the views read the same table. */
const SHARES: Readonly<Record<Mode, Shares>> = {
  normal: { critical: 1, high: 1, normal: 1, low: 1 },
  degraded: { critical: 1, high: 1, normal: 0.9, low: 0.5 },
  emergency: { critical: 1, high: 0.25, normal: 'one', low: 'one' },
}

/** Products of shares are not exact. */
const ROUNDING = 1e-9

/**
 * How many tasks may be in flight for a task of this priority to be submitted, itself included. What a share leaves
 * free is whole places: a tenth of nine places is none, so that no place stands still for the sake of a fraction.
 */
export function capOf(limit: number, mode: Mode, priority: Priority): number {
  const share = SHARES[mode][priority]
  return share === 'one' ? Math.min(1, limit) : Math.max(0, Math.ceil(share * limit - ROUNDING))
}

/** Whether the mode restricts this priority in nothing. */
export const takesAll = (mode: Mode, priority: Priority): boolean => SHARES[mode][priority] === 1

/** The share of the limit that tasks of this priority may fill, 0 to 1, as `capOf` admits them. */
export const shareOf = (limit: number, mode: Mode, priority: Priority): number =>
  limit <= 0 ? 0 : capOf(limit, mode, priority) / limit
