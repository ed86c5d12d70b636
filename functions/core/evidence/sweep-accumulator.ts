import type { OutcomeItem } from '../outcome/summary.ts'
import { advanceDemand, type DemandState, resumeDemand } from './demand.ts'
import type { Evidence } from './evidence.ts'

/** A worker counts as alive for so long after its last outcome. */
const ALIVE_MS = 120_000
/** Most workers that are told apart: the record must not grow with the fleet. */
const MOST_WORKERS = 500

/** What is noted of outcomes while they are read, in order of time, beside what they add up to. */
export interface SweepAccumulator {
  demand: DemandState
  /** Worker of submit or collect → its last outcome. */
  workers: Record<string, number>
  /** Of submit and collect. */
  lastOutcomeAt: number | null
  /** Since the last sweep: when the oldest task that was parked had come. */
  oldestParkedAt: number | null
  /** Up to here the last sweep had seen outcomes, and solves up to there. */
  scannedUntil: number
  lastSolveScanned: number
}

/** What the last sweep left: its evidence, and up to when that reaches. */
interface LastSweep {
  evidence: Evidence
  sweptAt: number
}

export const startFrom = (last: LastSweep | null, now: number): SweepAccumulator => ({
  demand: resumeDemand(
    last === null ? { demandSeconds: 0, demand: false, at: now } : { ...last.evidence, at: last.sweptAt },
  ),
  workers: last?.evidence.workers ?? {},
  lastOutcomeAt: last?.evidence.lastOutcomeAt ?? null,
  oldestParkedAt: null,
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
    demand: items.reduce((walk, item) => accumulateDemand(walk, item, accumulator), accumulator.demand),
    workers: aliveAt(accumulator.workers, byWorkers, now),
    lastOutcomeAt: byWorkers.reduce(
      (last: number | null, { at }) => Math.max(at, last ?? 0),
      accumulator.lastOutcomeAt,
    ),
    oldestParkedAt: Number.isFinite(oldestParkedAt) ? oldestParkedAt : null,
  }
}

/** The last sweep walked past what is older already, except for what was written late; of that a solve still counts. */
function accumulateDemand(
  walk: DemandState,
  item: OutcomeItem,
  { scannedUntil, lastSolveScanned }: SweepAccumulator,
): DemandState {
  if (item.at > scannedUntil) return advanceDemand(walk, item)
  return (item.lastSolveAt ?? 0) > lastSolveScanned ? { ...walk, counted: 0 } : walk
}

/** Callbacks come from outside, and show nothing of whether the queues are worked on. */
const isByWorker = (item: OutcomeItem): boolean => item.function !== 'pingback'

export function aliveAt(workers: Record<string, number>, items: readonly OutcomeItem[], now: number) {
  const lastSeen = new Map(Object.entries(workers))
  for (const { worker, at } of items) lastSeen.set(worker, Math.max(at, lastSeen.get(worker) ?? 0))
  const alive = [...lastSeen].filter(([, at]) => now - at < ALIVE_MS)
  return Object.fromEntries(alive.sort((a, b) => b[1] - a[1]).slice(0, MOST_WORKERS))
}
