import { isWithoutSecret, withUse, withWorkers } from './accounts.ts'
import { demandSecondsAt, waitingSinceOf } from './demand.ts'
import { timesInARow } from './latch.ts'
import { errorRateOf } from './minutes.ts'
import type { Summary } from './outcome.ts'
import { aliveAt, type Passing } from './passing.ts'
import type { Evidence, MinuteBucket, ProviderFacts, QueueFacts, ReadinessRecord } from './readiness.ts'

/** A gap between sweeps above so many periods is an outage of the sweep: what went on in it is not made up. */
const GAP_PERIODS = 3

/** What one sweep found out. */
export interface Findings {
  now: number
  /** Up to this time every outcome was read. */
  reach: number
  totals: Summary
  minutes: MinuteBucket[]
  passing: Passing
  queue: QueueFacts
  providers: ProviderFacts[]
  spendLimit: 'hour' | 'day' | null
  /** False: this sweep repeats one of the same period. */
  counts: boolean
}

export interface EvidenceSettings {
  sweepSeconds: number
  emergencyErrorRate: number
}

/** Everything that the verdict is judged from: what was found, and what only the last record can tell. */
export function weigh(last: ReadinessRecord | null, found: Findings, settings: EvidenceSettings): Evidence {
  const { now, reach, totals, minutes, passing, queue, spendLimit } = found
  const before = last?.evidence
  const mostSeconds = GAP_PERIODS * settings.sweepSeconds
  const demand = queue.waiting + queue.inFlight > 0
  const lastSweep = { waitingSince: before?.waitingSince ?? null, at: before?.sweptAt ?? now }
  const errorRate = errorRateOf(minutes, now)
  const isBad = errorRate !== null && errorRate > settings.emergencyErrorRate
  const waitingSince = waitingSinceOf({ waiting: queue.waiting, at: now, totals }, lastSweep, mostSeconds)
  const oldest = passing.oldestParkedAt ?? now
  const workers = aliveAt(passing.workers, [], now)
  const providers = found.providers.map((facts) =>
    withUse(withWorkers(facts, totals.accountAnswers[facts.name]), totals.lastSolveAt, now),
  )
  return {
    sweptAt: now,
    startedAt: before?.startedAt ?? now,
    queue,
    totals,
    minutes,
    demandSeconds: demandSecondsAt(passing.demand, demand, reach, mostSeconds),
    demand,
    waitingSince,
    backlogSeconds: waitingSince === null ? 0 : Math.max(0, now - Math.min(waitingSince, oldest)) / 1000,
    errorRate,
    badRateSweeps: timesInARow(before?.badRateSweeps ?? 0, isBad, found.counts),
    lastOutcomeAt: passing.lastOutcomeAt,
    workers,
    workersAlive: Object.keys(workers).length,
    providers,
    activeProvider: found.providers[0]?.name ?? null,
    spendLimit,
    secretReadable: !providers.some(isWithoutSecret),
    paused: false,
  }
}
