import type { View } from '../core/record/record.ts'
import { hasIssue } from '../core/rules/issue.ts'
import type { Sweeping } from './settings.ts'

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

/** Whole seconds after which the answer may have changed. `fraction`: uniform in [0, 1). */
export function retryAfterSeconds(view: View, now: number, settings: Sweeping, fraction: number): number {
  return spreadSeconds(waitOf(view, now, settings), fraction)
}

/** The wait in whole seconds, within the bounds, and spread. `fraction`: uniform in [0, 1). */
export function spreadSeconds(seconds: number, fraction: number): number {
  const wait = Math.min(MOST_WAIT, Math.max(LEAST_WAIT, seconds))
  const spread = Math.round(wait * (1 - SPREAD + 2 * SPREAD * fraction))
  return Math.min(LONGEST, Math.max(SHORTEST, spread))
}

/** Nothing changes between two sweeps, and what a person has paused changes late. */
function waitOf(view: View, now: number, { sweepSeconds, leaveNotReadySweeps }: Sweeping): number {
  const { status, record, sweptAt } = view
  if (status === 'unknown' || record === null || sweptAt === null) return sweepSeconds
  if (hasIssue(view.issues, 'paused')) return MOST_WAIT
  const untilNext = Math.max(0, sweptAt + sweepSeconds * 1000 - now) / 1000
  const more = status === 'not_ready' ? Math.max(0, leaveNotReadySweeps - record.goodSweeps - 1) : 0
  return untilNext + more * sweepSeconds
}
