import type { OutcomeItem } from '../outcome/summary.ts'
import { advanceDemand, type DemandState, resumeDemand } from './demand.ts'
import type { Evidence } from './evidence.ts'
import { advanceRecovery, type Recovery } from './recovery.ts'

/** A worker counts as alive for this long after its last outcome. */
const ALIVE_MS = 120_000
/** The most workers that are listed: the record must not grow with the fleet. */
const MOST_WORKERS = 500

/** What the sweep collects from the outcomes in order of time, in addition to their sum. */
export interface SweepAccumulator {
  demand: DemandState
  /** Worker of submit or collect → the time of its last outcome. */
  workers: Record<string, number>
  /** The time of the last outcome of submit or collect. */
  lastOutcomeAt: number | null
  /** The earliest `enqueuedAt` of the tasks that were parked since the last sweep. */
  oldestParkedAt: number | null
  recovery: Recovery | null
  /** The last sweep found that nothing is solved; that was at this time. Null: it did not. */
  failingUntil: number | null
  /** Up to this time the last sweep had read outcomes; and the time of the last solve that was counted. */
  scannedUntil: number
  lastSolveScanned: number
}

/** The evidence of the last sweep, and the time up to which that evidence reaches. */
interface LastSweep {
  evidence: Evidence
  sweptAt: number
  /** Whether that sweep found that nothing is solved. */
  isFailing?: boolean
}

export const startFrom = (last: LastSweep | null, now: number): SweepAccumulator => ({
  demand: resumeDemand(
    last === null ? { demandSeconds: 0, demand: false, at: now } : { ...last.evidence, at: last.sweptAt },
  ),
  workers: last?.evidence.workers ?? {},
  lastOutcomeAt: last?.evidence.lastOutcomeAt ?? null,
  oldestParkedAt: null,
  recovery: last?.evidence.recovery ?? null,
  failingUntil: last?.isFailing === true ? last.sweptAt : null,
  scannedUntil: last?.sweptAt ?? 0,
  lastSolveScanned: last?.evidence.totals.lastSolveAt ?? 0,
})

export function accumulate(
  accumulator: SweepAccumulator,
  items: readonly OutcomeItem[],
  now: number,
): SweepAccumulator {
  if (items.length === 0) return accumulator
  const byWorkers = items.filter(isByWorker)
  const parked = items.flatMap((item) => (item.at > accumulator.scannedUntil ? (item.oldestParkedAt ?? []) : []))
  const oldestParkedAt = Math.min(accumulator.oldestParkedAt ?? Number.POSITIVE_INFINITY, ...parked)
  return {
    ...accumulator,
    demand: items.reduce((state, item) => accumulateDemand(state, item, accumulator), accumulator.demand),
    recovery: items
      .filter(({ at }) => at > accumulator.scannedUntil)
      .reduce((recovery, item) => advanceRecovery(recovery, item, accumulator.failingUntil), accumulator.recovery),
    workers: aliveAt(accumulator.workers, byWorkers, now),
    lastOutcomeAt: byWorkers.reduce(
      (last: number | null, { at }) => Math.max(at, last ?? 0),
      accumulator.lastOutcomeAt,
    ),
    oldestParkedAt: Number.isFinite(oldestParkedAt) ? oldestParkedAt : null,
  }
}

/**
 * Items older than the last sweep's watermark were accumulated by that sweep. An item that was written late is new to
 * this sweep, but only a solve in it still matters: the solve resets the demand counter.
 */
function accumulateDemand(
  state: DemandState,
  item: OutcomeItem,
  { scannedUntil, lastSolveScanned }: SweepAccumulator,
): DemandState {
  if (item.at > scannedUntil) return advanceDemand(state, item)
  return (item.lastSolveAt ?? 0) > lastSolveScanned ? { ...state, counted: 0 } : state
}

/** Callbacks come from outside the fleet, so they do not show whether workers process the queues. */
const isByWorker = (item: OutcomeItem): boolean => item.function !== 'pingback'

export function aliveAt(workers: Record<string, number>, items: readonly OutcomeItem[], now: number) {
  const lastSeen = new Map(Object.entries(workers))
  for (const { worker, at } of items) lastSeen.set(worker, Math.max(at, lastSeen.get(worker) ?? 0))
  const alive = [...lastSeen].filter(([, at]) => now - at < ALIVE_MS)
  return Object.fromEntries(alive.sort((a, b) => b[1] - a[1]).slice(0, MOST_WORKERS))
}
