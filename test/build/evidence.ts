import type { Evidence } from '../../functions/core/evidence/evidence.ts'
import { NO_BREAKER, type ProviderFacts } from '../../functions/core/evidence/provider-facts.ts'
import type { MinuteBucket } from '../../functions/core/outcome/minutes.ts'
import { EMPTY_SUMMARY, type Summary } from '../../functions/core/outcome/summary.ts'
import type { ViewSettings } from '../../functions/core/record/view.ts'
import type { RuleSettings } from '../../functions/core/rules/rule.ts'
import { NOON } from '../../sim/memory/clock.ts'

/** A fleet at noon that is idle and well; each test changes what it is about. */
export { NOON }
export const SECOND = 1000
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

export const RULE_SETTINGS: RuleSettings = {
  streakFailures: 10,
  noSolveSeconds: 600,
  stalledSeconds: 180,
  minBalance: null,
  balanceSeconds: 60,
  providerTimeoutSeconds: 10,
  queueCapacity: 1000,
  degradedQueueDepth: 150,
  degradedErrorRate: 0.2,
  emergencyErrorRate: 0.5,
}

/** The settings that a view is judged by, at their defaults. */
export const VIEW_SETTINGS: ViewSettings = { ...RULE_SETTINGS, sweepSeconds: 60 }

export const provider = (changes: Partial<ProviderFacts> = {}): ProviderFacts => ({
  name: 'captchaai',
  billing: 'threads',
  balance: 25,
  balanceAt: NOON,
  burnPerSecond: null,
  threads: { total: 10, free: 8 },
  checkedAt: NOON,
  responseMs: 40,
  error: null,
  lostCalls: 0,
  lostSince: null,
  backAt: null,
  unusableSince: null,
  keyRefused: false,
  workersRefused: null,
  breaker: NO_BREAKER,
  ...changes,
})
export const paidByBalance = (changes: Partial<ProviderFacts> = {}): ProviderFacts =>
  provider({ name: 'twocaptcha', billing: 'balance', threads: null, ...changes })

export const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  ranAt: NOON,
  startedAt: NOON - 24 * HOUR,
  queue: { waiting: 0, available: 0, inFlight: 0, deadLetters: 0 },
  totals: EMPTY_SUMMARY,
  minutes: [],
  demandSeconds: 0,
  demand: false,
  waitingSince: null,
  backlogSeconds: 0,
  errorRate: null,
  badRateSweeps: 0,
  lastOutcomeAt: NOON - HOUR,
  workers: {},
  workersAlive: 0,
  providers: [provider()],
  activeProvider: 'captchaai',
  spendLimit: null,
  secretReadable: true,
  usableAgainAt: null,
  recovery: null,
  ended: null,
  unproven: false,
  pause: null,
  ...changes,
})

export const totals = (changes: Partial<Summary>): Summary => ({ ...EMPTY_SUMMARY, ...changes })

export const minute = (at: number, counts: Partial<MinuteBucket>): MinuteBucket => ({
  ...{
    at,
    solved: 0,
    failed: 0,
    expired: 0,
    counted: 0,
    unknown: 0,
    accepted: 0,
    received: 0,
    invalid: 0,
    ownFault: 0,
    calledBack: 0,
  },
  ...counts,
})
