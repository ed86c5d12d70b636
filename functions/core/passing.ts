import { type DemandWalk, demandFrom, demandPast } from './demand.ts'
import type { OutcomeItem } from './outcome.ts'
import type { ReadinessRecord } from './readiness.ts'

/** A worker counts as alive for so long after its last outcome. */
const ALIVE_MS = 120_000
/** Most workers that are told apart: the record must not grow with the fleet. */
const MOST_WORKERS = 500

/** What is noted of outcomes while they are read, in order of time, beside what they add up to. */
export interface Passing {
  demand: DemandWalk
  /** Worker of submit or collect → its last outcome. */
  workers: Record<string, number>
  /** Of submit and collect. */
  lastOutcomeAt: number | null
  /** Since the last sweep: when the oldest task that was parked had come. */
  oldestParkedAt: number | null
  /** Up to here the last sweep had seen outcomes, and solves up to there. */
  seenUntil: number
  solveSeen: number
}

export const passingFrom = (last: ReadinessRecord | null, now: number): Passing => ({
  demand: demandFrom(
    last === null ? { demandSeconds: 0, demand: false, at: now } : { ...last.evidence, at: last.sweptAt },
  ),
  workers: last?.evidence.workers ?? {},
  lastOutcomeAt: last?.evidence.lastOutcomeAt ?? null,
  oldestParkedAt: null,
  seenUntil: last?.sweptAt ?? 0,
  solveSeen: last?.evidence.totals.lastSolveAt ?? 0,
})

export function passItems(passing: Passing, items: readonly OutcomeItem[], now: number): Passing {
  if (items.length === 0) return passing
  const byWorkers = items.filter(isByWorker)
  const parked = items.flatMap((item) => (item.at > passing.seenUntil ? (item.oldestParkedAt ?? []) : []))
  const oldestParkedAt = Math.min(passing.oldestParkedAt ?? Number.POSITIVE_INFINITY, ...parked)
  return {
    ...passing,
    demand: items.reduce((walk, item) => passDemand(walk, item, passing), passing.demand),
    workers: aliveAt(passing.workers, byWorkers, now),
    lastOutcomeAt: byWorkers.reduce((last: number | null, { at }) => Math.max(at, last ?? 0), passing.lastOutcomeAt),
    oldestParkedAt: Number.isFinite(oldestParkedAt) ? oldestParkedAt : null,
  }
}

/** The last sweep walked past what is older already, except for what was written late; of that a solve still counts. */
function passDemand(walk: DemandWalk, item: OutcomeItem, { seenUntil, solveSeen }: Passing): DemandWalk {
  if (item.at > seenUntil) return demandPast(walk, item)
  return (item.lastSolveAt ?? 0) > solveSeen ? { ...walk, counted: 0 } : walk
}

/** Callbacks come from outside, and show nothing of whether the queues are worked on. */
const isByWorker = (item: OutcomeItem): boolean => item.function !== 'pingback'

export function aliveAt(workers: Record<string, number>, items: readonly OutcomeItem[], now: number) {
  const lastSeen = new Map(Object.entries(workers))
  for (const { worker, at } of items) lastSeen.set(worker, Math.max(at, lastSeen.get(worker) ?? 0))
  const alive = [...lastSeen].filter(([, at]) => now - at < ALIVE_MS)
  return Object.fromEntries(alive.sort((a, b) => b[1] - a[1]).slice(0, MOST_WORKERS))
}
