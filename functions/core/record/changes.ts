import type { ReadinessRecord, StateChange } from './record.ts'
import { isStale, type Sweeping, staleAt } from './view.ts'

/** The number of changes that the record keeps. */
const KEPT_CHANGES = 20

/**
 * The changes of the shown state after this sweep, the latest first. While no sweep ran, the views showed `unknown`, so
 * a gap between two sweeps is a change of its own.
 */
export function changesAfter(
  last: ReadinessRecord | null,
  { status, issues, warnings }: Pick<ReadinessRecord, 'status' | 'issues' | 'warnings'>,
  now: number,
  settings: Sweeping,
): StateChange[] {
  const before = last === null ? [] : withGap(last, now, settings)
  if (before[0]?.status === status) return before
  const reasons = issues.length > 0 ? issues : warnings
  return [{ at: now, status, reasons }, ...before].slice(0, KEPT_CHANGES)
}

function withGap(last: ReadinessRecord, now: number, settings: Sweeping): StateChange[] {
  if (!isStale(last, now, settings)) return last.changes
  const gap: StateChange = { at: staleAt(last, settings), status: 'unknown', reasons: ['stale_evidence'] }
  return [gap, ...last.changes]
}
