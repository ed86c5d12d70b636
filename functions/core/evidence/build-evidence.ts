import type { Control } from '../admission/item/admission.ts'
import type { Ended } from '../admission/item/ended.ts'
import { errorRateOf, type MinuteBucket } from '../outcome/minutes.ts'
import type { Summary } from '../outcome/summary.ts'
import { withWorkers } from './account-call.ts'
import { demandSecondsAt, isDemand, waitingSinceOf } from './demand.ts'
import type { Evidence, QueueFacts } from './evidence.ts'
import { activeOf, withControl } from './fleet-control.ts'
import { isSecretUnreadable, type ProviderFacts } from './provider-facts.ts'
import { isProven, rateSince, stillMatters } from './recovery.ts'
import { aliveAt, type SweepAccumulator } from './sweep-accumulator.ts'
import { isAnyUsableAgain, withUsability } from './usability.ts'

/**
 * A gap of more than this many periods between two sweeps is an outage of the sweep. What happened during the outage is
 * not guessed.
 */
const GAP_PERIODS = 3
/** Failures that are so old say nothing about now, if no task has ended since. Shorter lets dead nights look green. */
const OLD_FAILURES_MS = 3_600_000

/** What one sweep observed. */
export interface Observations {
  now: number
  /** Up to this time every outcome was read. */
  watermark: number
  totals: Summary
  minutes: MinuteBucket[]
  accumulator: SweepAccumulator
  queue: QueueFacts
  providers: ProviderFacts[]
  spendLimit: 'hour' | 'day' | null
  /** When a breaker was last closed; null: never. */
  breakerClosedAt: number | null
  /** Null: the admission item is missing or cannot be read. */
  control: Control | null
  /** What that item had counted; read after the outcomes, so that it never counts less than they tell. */
  ended: Ended | null
  /** False: an earlier sweep of the same period was counted already. */
  isNewPeriod: boolean
}

export interface EvidenceSettings {
  sweepSeconds: number
  emergencyErrorRate: number
}

/** Builds the evidence from this sweep's observations and from what only the last evidence knows. */
export function buildEvidence(before: Evidence | null, found: Observations, settings: EvidenceSettings): Evidence {
  const { now, watermark, totals, minutes, accumulator, queue, spendLimit } = found
  const mostSeconds = GAP_PERIODS * settings.sweepSeconds
  const demand = isDemand(queue, accumulator.demand, totals, before?.ranAt ?? now)
  const lastSweep = { waitingSince: before?.waitingSince ?? null, at: before?.ranAt ?? now }
  const recovery = stillMatters(accumulator.recovery, now)
  const errorRate = isProven(recovery) ? rateSince(recovery, now) : errorRateOf(minutes, now)
  const isBad = errorRate !== null && errorRate > settings.emergencyErrorRate
  const waitingSince = waitingSinceOf({ waiting: queue.waiting, at: now, totals }, lastSweep, mostSeconds)
  const oldest = accumulator.oldestParkedAt ?? now
  const workers = aliveAt(accumulator.workers, [], now)
  const fleet = { lastSolveAt: totals.lastSolveAt, demand, now }
  const providers = found.providers.map((facts) => {
    const withRefusals = withWorkers(facts, totals.accountAnswers[facts.name])
    const known = withControl(withRefusals, found.control?.providers[facts.name])
    return withUsability(known.backAt === now ? withHalfOpen(known, now) : known, fleet)
  })
  const names = providers.map(({ name }) => name)
  // The demand of the time before no longer counts against the fleet.
  const usableAgainAt = isAnyUsableAgain(before?.providers ?? [], providers) ? now : found.breakerClosedAt
  const hasRecovered = usableAgainAt !== (before?.usableAgainAt ?? null)
  return {
    ranAt: now,
    startedAt: before?.startedAt ?? now,
    queue,
    totals,
    minutes,
    demandSeconds: hasRecovered ? 0 : demandSecondsAt(accumulator.demand, demand, watermark, mostSeconds),
    demand,
    waitingSince,
    backlogSeconds: waitingSince === null ? 0 : Math.max(0, now - Math.min(waitingSince, oldest)) / 1000,
    errorRate,
    badRateSweeps: timesInARow(before?.badRateSweeps ?? 0, isBad, found.isNewPeriod),
    lastOutcomeAt: accumulator.lastOutcomeAt,
    workers,
    workersAlive: Object.keys(workers).length,
    providers,
    activeProvider: activeOf(found.control, names),
    spendLimit,
    secretReadable: !providers.some(isSecretUnreadable),
    usableAgainAt,
    recovery,
    ended: found.ended,
    unproven: isUnproven(before, totals, demand, now),
    pause: found.control?.pause ?? null,
  }
}

/**
 * Whether the last failures are so old that they no longer count. A task that comes then leaves it so until it ends: if
 * it fails, the failure is new.
 */
function isUnproven(before: Evidence | null, { lastFailureAt }: Summary, demand: boolean, now: number): boolean {
  const areOld = lastFailureAt !== null && now - lastFailureAt >= OLD_FAILURES_MS
  return areOld && (!demand || (before?.unproven ?? false))
}

/**
 * The next value of a counter of consecutive sweeps: one more if `holds`, else 0. A repeated sweep of one period adds
 * nothing.
 */
export function timesInARow(before: number, holds: boolean, isNewPeriod: boolean): number {
  if (!holds) return 0
  return isNewPeriod ? before + 1 : Math.max(before, 1)
}

/** The sweep that finds the account back half-opens its breaker. */
const withHalfOpen = (facts: ProviderFacts, now: number): ProviderFacts =>
  facts.breaker.state === 'open'
    ? { ...facts, breaker: { state: 'half_open', since: now, cause: null, isProven: false } }
    : facts
