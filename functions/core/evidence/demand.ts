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
export function advanceDemand(walk: DemandState, item: OutcomeItem): DemandState {
  if (!showsTask(item)) return walk
  const lastActivityAt = item.at
  if (item.lastSolveAt !== null) return { counted: 0, openSince: Math.min(item.lastSolveAt, item.at), lastActivityAt }
  return { ...walk, openSince: walk.openSince ?? item.at, lastActivityAt }
}

/**
 * Seconds of demand since the last solve, as of the sweep at `at`. One sweep adds at most `mostSeconds`: after an
 * outage of the sweep nobody knows how long the fleet was idle, so the outage does not count against the fleet.
 */
export function demandSecondsAt(walk: DemandState, demand: boolean, at: number, mostSeconds: number): number {
  const until = demand ? at : (walk.lastActivityAt ?? walk.openSince)
  const open = walk.openSince === null || until === null ? 0 : until - walk.openSince
  return (walk.counted + Math.min(Math.max(open, 0), mostSeconds * 1000)) / 1000
}

const showsTask = (item: OutcomeItem): boolean =>
  item.received + item.polled + item.parked + item.accepted + item.solved + item.failed > 0 ||
  item.expiredSubmitted + item.expiredWaiting > 0

/**
 * When the current wait began: tasks have been waiting since then without a break, and no submit was accepted. A queue
 * that the last sweep saw empty was filled after that sweep. After an outage of the sweep (`gapSeconds` above
 * `mostSeconds`) the wait is measured anew.
 */
export function waitingSinceOf(
  now: { waiting: number; at: number; totals: Summary },
  last: { waitingSince: number | null; at: number },
  mostSeconds: number,
): number | null {
  if (now.waiting === 0) return null
  const { lastAcceptedAt, oldestParkedAt } = now.totals
  const seen = now.at - last.at > mostSeconds * 1000 ? now.at : last.waitingSince
  const since = seen ?? Math.min(now.at, Math.max(oldestParkedAt ?? now.at, last.at))
  return Math.min(now.at, Math.max(since, lastAcceptedAt ?? since))
}
