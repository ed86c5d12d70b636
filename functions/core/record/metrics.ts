import type { IssueCode } from '../../contract/issues.ts'
import { METRIC, type MetricName } from '../../contract/metrics.ts'
import type { Mode } from '../admission/item/admission.ts'
import { runwaySecondsOf } from '../evidence/account-call.ts'
import type { Evidence } from '../evidence/evidence.ts'
import type { ProviderFacts } from '../evidence/provider-facts.ts'
import { type FailureCounts, HISTOGRAM_SECONDS, type Summary } from '../outcome/summary.ts'
import { hasIssue } from '../rules/issue.ts'
import type { ReadinessRecord } from './record.ts'

/** What one sweep adds: the outcomes that it folded, and the dead letters since the last sweep. */
export interface SweepDelta {
  /** Each outcome is in the delta of exactly one sweep, whose cursor passed it. */
  outcomes: Summary
  deadLetters: number
}

/** The intake as this sweep left it. */
type GateState = 'open' | 'shut' | 'changing'

const MODES: Record<Mode, number> = { normal: 0, degraded: 1, emergency: 2 }
/** The value that is published for solves beyond the last bound of the histogram. */
const BEYOND_SECONDS = 600

/**
 * The raw values of one sweep, one number per rule (docs/contracts.md, "CloudWatch"). `caughtUp` false: outcomes are
 * still unread, so only known values are published, and nothing about readiness.
 */
export function metricsOf(
  record: ReadinessRecord,
  { outcomes, deadLetters }: SweepDelta,
  { maxInFlight, caughtUp, gate }: { maxInFlight: number; caughtUp: boolean; gate: GateState | null },
): Metric[] {
  const { evidence } = record
  return [
    { name: METRIC.sweepHeartbeat, unit: 'Count', value: 1 },
    { name: METRIC.paused, unit: 'None', value: evidence.pause === null ? 0 : 1 },
    { name: METRIC.demand, unit: 'None', value: evidence.demand ? 1 : 0 },
    { name: METRIC.queueDepth, unit: 'Count', value: evidence.queue.waiting },
    { name: METRIC.inFlightTasks, unit: 'Count', value: evidence.queue.inFlight },
    { name: METRIC.loadPct, unit: 'Percent', value: (100 * evidence.queue.inFlight) / maxInFlight },
    { name: METRIC.deadLetters, unit: 'Count', value: deadLetters },
    ...(gate === null ? [] : [{ name: METRIC.gatePaused, unit: 'None', value: gate === 'open' ? 0 : 1 } as const]),
    { name: METRIC.solved, unit: 'Count', value: outcomes.solved },
    { name: METRIC.unknownCharges, unit: 'Count', value: outcomes.unknown },
    ...solveSeconds(outcomes),
    ...failed(outcomes),
    ...evidence.providers.flatMap((provider) => accountMetrics(provider, record)),
    ...(caughtUp ? judged(record) : []),
  ]
}

function judged({ raw, evidence }: ReadinessRecord): Metric[] {
  const { errorRate, totals, demand, demandSeconds, pause } = evidence
  return [
    ...(pause === null ? whileNotPaused(raw, evidence) : []),
    { name: METRIC.mode, unit: 'None', value: MODES[raw.mode] },
    { name: METRIC.consecutiveFailures, unit: 'Count', value: totals.trailingFailures },
    { name: METRIC.secondsSinceLastSolve, unit: 'Seconds', value: demand ? demandSeconds : 0 },
    ...(errorRate === null ? [] : [{ name: METRIC.errorRate, unit: 'None', value: errorRate } as const]),
  ]
}

/** Alarms wake people by these. Nobody is woken for what a person has stopped. */
const whileNotPaused = ({ status, issues }: ReadinessRecord['raw'], { backlogSeconds }: Evidence): Metric[] => [
  { name: METRIC.ready, unit: 'None', value: status === 'not_ready' ? 0 : 1 },
  { name: METRIC.accountFault, unit: 'None', value: hasIssue(issues, ...ACCOUNT_FAULTS) ? 1 : 0 },
  { name: METRIC.backlogSeconds, unit: 'Seconds', value: backlogSeconds },
]

/** What only a person can mend at the account, and what does not wait for a task to be wrong. */
const ACCOUNT_FAULTS: readonly IssueCode[] = ['api_key_refused', 'secret_unreadable', 'low_balance', 'no_threads']

/** The upper bounds of the histogram's classes, with their counts. */
function solveSeconds({ solveSeconds }: Summary): Metric[] {
  const values = [...HISTOGRAM_SECONDS, BEYOND_SECONDS]
    .map((value, i) => ({ value, count: sum(Object.values(solveSeconds).map((times) => times[i] ?? 0)) }))
    .filter(({ count }) => count > 0)
  return values.length === 0 ? [] : [{ name: METRIC.solveSeconds, unit: 'Seconds', values }]
}

/** Tasks that settled as failed or expired: the sum, and the count of each class (expired: `deadline`). */
function failed({ failedByClass, expiredSubmitted, expiredWaiting }: Summary): Metric[] {
  const expired = expiredSubmitted + expiredWaiting
  const byClass: FailureCounts = { ...failedByClass, deadline: (failedByClass.deadline ?? 0) + expired }
  const counts = Object.entries(byClass).filter(([, count]) => count > 0)
  const name = METRIC.failed
  return [
    { name, unit: 'Count', value: sum(counts.map(([, count]) => count)) },
    ...counts.map(([of, value]): Metric => ({ name, unit: 'Count', dimensions: { Class: of }, value })),
  ]
}

/**
 * The active provider's values are also published without the dimension, for an alarm on the whole fleet. Old values
 * are not published.
 */
function accountMetrics(provider: ProviderFacts, { activeProvider }: ReadinessRecord): Metric[] {
  const { name, balance, threads, error, breaker } = provider
  const runway = runwaySecondsOf(provider)
  const values: Metric[] = [{ name: METRIC.breakerOpen, unit: 'None', value: breaker.state === 'closed' ? 0 : 1 }]
  if (error === null && balance !== null) values.push({ name: METRIC.balance, unit: 'None', value: balance })
  if (error === null && runway !== null)
    values.push({ name: METRIC.balanceRunwaySeconds, unit: 'Seconds', value: runway })
  if (error === null && threads !== null) values.push({ name: METRIC.freeThreads, unit: 'Count', value: threads.free })
  const own = values.map((metric) => ({ ...metric, dimensions: { Provider: name } }))
  return name === activeProvider ? [...values, ...own] : own
}

const sum = (numbers: number[]): number => numbers.reduce((all, each) => all + each, 0)

/** Values published each sweep. */
export interface Metric {
  name: MetricName
  unit: 'None' | 'Count' | 'Seconds' | 'Percent'
  dimensions?: Record<string, string>
  value?: number
  /** Values with their counts, in place of one value. */
  values?: { value: number; count: number }[]
}
