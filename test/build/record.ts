import { SETTINGS } from '../../functions/contract/settings.ts'
import type { Evidence } from '../../functions/core/evidence/evidence.ts'
import type { ProviderFacts } from '../../functions/core/evidence/provider-facts.ts'
import { EMPTY_SUMMARY } from '../../functions/core/outcome/summary.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import type { HealthSettings } from '../../functions/health/settings.ts'
import { evidence, minute, NOON, provider } from './evidence.ts'

export const SWEPT_AT = NOON - 7_000

export const healthSettings = (changes: Partial<HealthSettings> = {}): HealthSettings => {
  const { leaveNotReadySweeps, sweepSeconds, ...thresholds } = SETTINGS
  return {
    sweepSeconds: sweepSeconds.default,
    leaveNotReadySweeps: leaveNotReadySweeps.default,
    streakFailures: thresholds.streakFailures.default,
    noSolveSeconds: thresholds.noSolveSeconds.default,
    stalledSeconds: thresholds.stalledSeconds.default,
    minBalance: thresholds.minBalance.default,
    maxInFlight: thresholds.maxInFlight.default,
    queueCapacity: thresholds.queueCapacity.default,
    degradedQueueDepth: thresholds.degradedQueueDepth.default,
    degradedErrorRate: thresholds.degradedErrorRate.default,
    emergencyErrorRate: thresholds.emergencyErrorRate.default,
    ...changes,
  }
}

/** A provider as the last sweep found it. */
export const sweptProvider = (changes: Partial<ProviderFacts> = {}): ProviderFacts =>
  provider({
    ...{ balance: 12.5, balanceAt: SWEPT_AT, threads: { total: 5, free: 3 }, checkedAt: SWEPT_AT, responseMs: 84 },
    ...changes,
  })

/** A fleet at work, as the last sweep found it. */
const sweptEvidence = (changes: Partial<Evidence> = {}): Evidence =>
  evidence({
    ranAt: SWEPT_AT,
    queue: { waiting: 4, available: 2, inFlight: 9, deadLetters: 0 },
    minutes: [minute(NOON - 120_000, { solved: 6, failed: 1, expired: 1 }), minute(NOON - 60_000, { solved: 2 })],
    backlogSeconds: 2,
    demandSeconds: 3,
    demand: true,
    errorRate: 0.1,
    lastOutcomeAt: SWEPT_AT,
    workers: { 'worker-1': SWEPT_AT, 'worker-2': SWEPT_AT },
    workersAlive: 2,
    providers: [sweptProvider()],
    ...changes,
  })

type Changes = Partial<Omit<ReadinessRecord, 'evidence'>> & { evidence?: Partial<Evidence> }

/** A ready fleet, swept seven seconds before noon; the shown verdict and the raw one change together. */
export function recordOf({ evidence: facts = {}, ...changes }: Changes = {}): ReadinessRecord {
  const { status = 'ready', mode = 'normal', issues = [], warnings = [], trace = [] } = changes
  const verdict = { status, mode, issues, warnings, trace }
  const sweptAt = changes.sweptAt ?? SWEPT_AT
  return {
    schema: 1,
    version: 41,
    sweptAt,
    activeProvider: 'captchaai',
    raw: verdict,
    badSweeps: 0,
    goodSweeps: 12,
    countedAt: sweptAt,
    since: {},
    cursor: sweptAt - 10_000,
    folded: EMPTY_SUMMARY,
    foldedMinutes: [],
    drift: null,
    changes: [],
    history: null,
    ...verdict,
    ...changes,
    evidence: sweptEvidence({ ranAt: sweptAt, ...facts }),
  }
}

export const notReady = (changes: Changes = {}): ReadinessRecord =>
  recordOf({
    status: 'not_ready',
    issues: ['consecutive_failures=12', 'low_balance=$0.50'],
    warnings: ['on_backup=twocaptcha'],
    trace: [
      {
        rule: 'consecutive_failures',
        observed: 12,
        threshold: 10,
        since: '2026-11-21T11:58:53.000Z',
        runbook: 'docs/runbook.md#consecutive-failures',
      },
    ],
    goodSweeps: 0,
    badSweeps: 2,
    ...changes,
  })
