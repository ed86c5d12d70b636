import { LIMITS } from '../../contract/limits.ts'
import type { OutcomeItem, Summary } from '../outcome/summary.ts'

/**
 * Demand is time in which at least one well-formed task was unsettled. It is measured from sweep to sweep: queue depths
 * show whether there was demand at both ends, and outcomes show when demand began or ended in between. Demand is
 * counted only from observations: a task that no worker has received yet counts from the sweep that first sees it in
 * the queue.
 */
export interface DemandState {
  /** Milliseconds of demand counted since the last solve. */
  counted: number
  /** When the current demand began; null: no demand is known. */
  openSince: number | null
  /** The time of the last outcome that shows an unsettled task. */
  lastActivityAt: number | null
}

/** The state as of the last sweep. */
export const resumeDemand = (last: { demandSeconds: number; demand: boolean; at: number }): DemandState => ({
  counted: last.demandSeconds * 1000,
  openSince: last.demand ? last.at : null,
  lastActivityAt: null,
})

/** The state after one more outcome. A solve resets the count; demand then counts from that solve. */
export function advanceDemand(state: DemandState, item: OutcomeItem): DemandState {
  if (!showsTask(item)) return state
  const lastActivityAt = item.at
  if (item.lastSolveAt !== null) return { counted: 0, openSince: Math.min(item.lastSolveAt, item.at), lastActivityAt }
  return { ...state, openSince: state.openSince ?? item.at, lastActivityAt }
}

/**
 * Seconds of demand since the last solve, as of the sweep at `at`. One sweep adds at most `mostSeconds`: after an
 * outage of the sweep nobody knows how long the fleet was idle, so the outage does not count against the fleet.
 */
export function demandSecondsAt(state: DemandState, demand: boolean, at: number, mostSeconds: number): number {
  const until = demand ? at : (state.lastActivityAt ?? state.openSince)
  const open = state.openSince === null || until === null ? 0 : until - state.openSince
  return (state.counted + Math.min(Math.max(open, 0), mostSeconds * 1000)) / 1000
}

/** A task that its provider refused for its own fault, and a message that is not a task, are no demand. */
function showsTask(item: OutcomeItem): boolean {
  const ownFault = item.failedByClass.task ?? 0
  const waited = item.received - ownFault + item.parked + item.expiredWaiting
  const submitted = item.accepted + item.polled + item.solved + item.failed - ownFault + item.expiredSubmitted
  return waited > 0 || submitted > 0
}

/**
 * Whether a task is unsettled at the time of the sweep. If the workers met nothing but messages and tasks with faults
 * of their own since the last sweep, the messages that wait are taken for more of the same.
 */
export function isDemand(
  queue: { waiting: number; inFlight: number },
  { lastActivityAt }: DemandState,
  { lastClientErrorAt }: Summary,
  lastSweepAt: number,
): boolean {
  const onlyFaulty = lastActivityAt === null && lastClientErrorAt !== null && lastClientErrorAt > lastSweepAt
  return queue.inFlight > 0 || (queue.waiting > 0 && !onlyFaulty)
}

/**
 * When the current wait began: tasks have been waiting since then without a break, and no submit showed that the way to
 * the provider works. A queue that the last sweep saw empty was filled after that sweep. While no task is parked, a
 * message that was refused for its client's fault shows that the queue is worked off. After an outage of the sweep
 * (longer than `mostSeconds`) the wait is measured anew.
 */
export function waitingSinceOf(
  now: { waiting: number; at: number; totals: Summary },
  last: { waitingSince: number | null; at: number },
  mostSeconds: number,
): number | null {
  if (now.waiting === 0) return null
  const { lastWorkingSubmitAt, lastClientErrorAt, oldestParkedAt } = now.totals
  const seen = now.at - last.at > mostSeconds * 1000 ? now.at : last.waitingSince
  const since = seen ?? Math.min(now.at, Math.max(oldestParkedAt ?? now.at, last.at))
  const workedOffAt = isParked(now) ? null : lastClientErrorAt
  return Math.min(now.at, Math.max(since, lastWorkingSubmitAt ?? since, workedOffAt ?? since))
}

/** A task that was parked longer ago than the longest deadline has expired. */
const isParked = ({ at, totals: { oldestParkedAt } }: { at: number; totals: Summary }): boolean =>
  oldestParkedAt !== null && at - oldestParkedAt <= LIMITS.longestDeadlineSeconds * 1000
