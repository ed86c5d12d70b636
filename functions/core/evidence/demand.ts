import type { OutcomeItem, Summary } from '../outcome/summary.ts'

/**
 * Demand is time in which at least one well-formed task was unsettled. It is measured from sweep to sweep: queue
 * depths say whether there was demand at both ends, outcomes say when it began or ended in between. What nobody saw
 * is not counted: a task that nobody had taken yet began when the sweep first saw it.
 */
export interface DemandState {
  /** Milliseconds counted so far, since the last solve. */
  counted: number
  /** Since when demand lasts; null: none is known. */
  openSince: number | null
  /** The last sign of a task. */
  lastActivityAt: number | null
}

/** Starts at the last sweep. */
export const resumeDemand = (last: { demandSeconds: number; demand: boolean; at: number }): DemandState => ({
  counted: last.demandSeconds * 1000,
  openSince: last.demand ? last.at : null,
  lastActivityAt: null,
})

/** One outcome further. A solve ends what was counted; demand then counts from that solve. */
export function advanceDemand(walk: DemandState, item: OutcomeItem): DemandState {
  if (!showsTask(item)) return walk
  const lastActivityAt = item.at
  if (item.lastSolveAt !== null) return { counted: 0, openSince: Math.min(item.lastSolveAt, item.at), lastActivityAt }
  return { ...walk, openSince: walk.openSince ?? item.at, lastActivityAt }
}

/**
 * Seconds of demand since the last solve, at the sweep `at`. One sweep adds at most `mostSeconds`: over an outage of
 * the sweep itself nobody knows how long the fleet was idle, and it is not held against it.
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
 * Since when tasks have been waiting without a break and without a submit being accepted. A queue that was seen empty
 * by the last sweep was filled after it; after an outage of the sweep (`gapSeconds` above `mostSeconds`) the count
 * begins again.
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
