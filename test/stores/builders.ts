import type { Admission, ProviderControl } from '../../functions/core/admission/item/admission.ts'
import { EMPTY_SUMMARY, type OutcomeItem } from '../../functions/core/outcome/summary.ts'
import { METHOD_NAMES } from '../../functions/core/provider/methods.ts'
import { emptyBucket } from '../../functions/core/record/history-bucket.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import type { Accounting } from '../../functions/core/task/accounting.ts'
import type { ClaimedItem, Result, SettledItem } from '../../functions/core/task/task.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { NOTHING_CHARGED } from '../build/nothing-charged.ts'

/** For many cases on an engine: no statement about its speed, but patience with a busy machine. */
export const MANY_CASES = { timeout: 100_000 }
/** The same cases each time; on a slow engine a failing one is told before the test runs out of time. */
export const SEEDED = { seed: 20261121, interruptAfterTimeLimit: 90_000, markInterruptAsFailure: true }

const DAY_SECONDS = 86_400
export const TTL = NOON / 1000 + 15 * DAY_SECONDS

export const claimedItem = (change: Partial<ClaimedItem> = {}): ClaimedItem => ({
  taskId: 'task-1',
  method: 'userrecaptcha',
  hash: 'hash',
  attempt: 'attempt-1',
  origin: 'message-1',
  enqueuedAt: NOON,
  deadlineAt: NOON + 300_000,
  reply: 'queue',
  ...NOTHING_CHARGED,
  ttl: TTL,
  state: 'claimed',
  leaseUntil: NOON + 30_000,
  ...change,
})

export const storedResultOf = (taskId: string, change: Partial<Result> = {}): Result => ({
  taskId,
  status: 'solved',
  solution: 'token',
  provider: 'captchaai',
  captchaId: '123',
  attempts: 1,
  enqueuedAt: '2026-11-21T12:00:00.000Z',
  submittedAt: '2026-11-21T12:00:01.000Z',
  settledAt: '2026-11-21T12:00:21.000Z',
  usableUntil: '2026-11-21T12:02:21.000Z',
  ...change,
})

export const accountingOf = (invocation: string | null, change: Partial<Accounting> = {}): Accounting => ({
  invocation,
  via: 'message',
  since: NOON,
  resultMayBeUnsent: false,
  ...change,
})

export function expiredItem(change: Partial<SettledItem> = {}): SettledItem {
  const { state: _s, leaseUntil: _l, ...facts } = claimedItem()
  const taskId = change.taskId ?? facts.taskId
  return {
    ...facts,
    state: 'expired',
    result: {
      taskId,
      status: 'expired',
      error: { code: 'DEADLINE_EXCEEDED', class: 'deadline', message: 'The deadline passed.' },
      attempts: 0,
      enqueuedAt: '2026-11-21T12:00:00.000Z',
      settledAt: '2026-11-21T12:05:00.000Z',
    },
    settledAt: NOON + 300_000,
    settledBy: null,
    accounting: accountingOf('invocation-1'),
    ...change,
  }
}

export const outcomeItem = (change: Partial<OutcomeItem> = {}): OutcomeItem => ({
  ...EMPTY_SUMMARY,
  at: NOON,
  invocation: 'invocation-1',
  worker: 'worker-1',
  function: 'collect',
  ...change,
})

export function readinessRecord(change: Partial<ReadinessRecord> = {}): ReadinessRecord {
  const trace = [
    {
      rule: 'low_balance',
      observed: 0.5,
      threshold: 1,
      since: '2026-11-21T12:00:00.000Z',
      runbook: 'docs/runbook.md#low-balance',
    },
  ]
  const verdict = { issues: ['low_balance=$0.50'], warnings: ['starting'], trace }
  const minute = { at: NOON, solved: 1, failed: 2, expired: 3, counted: 4, unknown: 5, accepted: 6 }
  const minutes = [{ ...minute, received: 7, invalid: 8, ownFault: 9, calledBack: 10 }]
  const totals = {
    ...EMPTY_SUMMARY,
    solved: 3,
    failedByClass: { transient: 2, deadline: 1 },
    lastSolveAt: NOON,
    accountAnswers: { captchaai: { at: NOON, refusal: { class: 'auth' as const, code: 'KEY_MISSING' } } },
    slow: [{ taskId: 'task-1', method: 'userrecaptcha', submittedAt: NOON, seenAt: NOON }],
    solveSeconds: { userrecaptcha: [0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
    solveMs: { userrecaptcha: 35_250 },
  }
  return {
    schema: 1,
    version: 1,
    sweptAt: NOON,
    status: 'not_ready',
    mode: 'normal',
    activeProvider: 'captchaai',
    ...verdict,
    raw: { status: 'ready', mode: 'degraded', ...verdict },
    badSweeps: 1,
    goodSweeps: 0,
    countedAt: NOON,
    since: { low_balance: NOON },
    cursor: NOON - 10_000,
    folded: totals,
    foldedMinutes: minutes,
    drift: {
      sample: { at: NOON, counted: 5, polls: 3, accepted: 70, settled: 66, refused: 4 },
      surplus: { since: NOON - 60_000, tasks: 1 },
    },
    changes: [{ at: NOON, status: 'not_ready', reasons: ['low_balance=$0.50'] }],
    history: {
      hour: { ...emptyBucket('hour', NOON), solved: 3, solveSeconds: [1, 2] },
      day: emptyBucket('day', NOON - 43_200_000),
      finished: [emptyBucket('hour', NOON - 3_600_000)],
    },
    evidence: {
      ranAt: NOON,
      startedAt: NOON - 60_000,
      queue: { waiting: 1, available: 1, inFlight: 2, deadLetters: 3 },
      totals,
      minutes,
      demandSeconds: 12.5,
      demand: true,
      waitingSince: NOON,
      backlogSeconds: 0,
      errorRate: 0.25,
      badRateSweeps: 0,
      lastOutcomeAt: NOON,
      workers: { 'worker-1': NOON },
      workersAlive: 1,
      providers: [
        {
          name: 'captchaai',
          billing: 'threads',
          balance: 0.5,
          balanceAt: NOON,
          burnPerSecond: 0.0125,
          threads: { total: 5, free: 2 },
          checkedAt: NOON,
          responseMs: 12,
          error: { class: 'transient', code: 'HTTP_502' },
          lostCalls: 0,
          lostSince: null,
          backAt: null,
          unusableSince: null,
          keyRefused: false,
          workersRefused: { at: NOON, class: 'auth', code: 'KEY_MISSING' },
          breaker: { state: 'open', since: NOON - 1000, cause: '5 submits: HTTP_502', isProven: false },
        },
      ],
      activeProvider: 'captchaai',
      spendLimit: null,
      secretReadable: true,
      usableAgainAt: NOON - 60_000,
      recovery: { at: NOON - 90_000, solved: 4, minutes: [{ at: NOON - 120_000, solved: 4, counted: 1 }] },
      ended: { solved: 7654, failed: 321 },
      unproven: true,
      pause: { by: 'ops/anna', at: 1_700_000_000_000, reason: 'a holiday' },
    },
    ...change,
  }
}

/** As long as a provider's code may be (see parse-body.ts). */
export const LONGEST_CODE = `ERROR_${'X'.repeat(58)}`

/** Two providers, and every field at its longest. */
export function fullAdmission(): Admission {
  const provider = (n: number): ProviderControl => ({
    breaker: {
      state: 'open',
      since: NOON + n,
      until: NOON + 60_000 + n,
      seconds: 60,
      cause: `20 submits: ${LONGEST_CODE}`,
      result: { count: 123_456, since: NOON - 12_345 },
    },
    hold: {
      ...{ until: NOON + 60_011 + n, class: 'funds', code: 'ERROR_NO_SLOT_AVAILABLE_TODAY' },
      asked: { until: NOON + 59_011 + n, class: 'blocked', code: 'ERROR_IP_BANNED_UNTIL_LATER' },
    },
    key: {
      good: `0123abc${n}`,
      refused: { fingerprint: `f9d3e21${n}`, at: NOON - 7777 - n, code: 'ERROR_KEY_DOES_NOT_EXIST' },
      lease: { id: `4f0b2c1e-8d3a-4c55-9a71-0e6f2b7d9c1${n}`, until: NOON + 33_333 + n },
    },
    threads: 100_000,
    learned: { limit: 99_999, at: NOON - 123_456 - n, raiseAfterSeconds: 900 },
  })
  return {
    epoch: 123_456_789,
    counts: {
      inFlight: 199_998,
      solved: 99_999_999_999,
      failed: 99_999_999_999,
      spentHour: 1_000_000,
      spentDay: 10_000_000,
      inFlight_captchaai: 99_999,
      inFlight_twocaptcha: 99_999,
      ramped_captchaai: 99_999,
      ramped_twocaptcha: 99_999,
      urgentUntil: NOON + 6000,
      turnsUntil: NOON + 890_123,
      busyUntil_twocaptcha: NOON + 5432,
    },
    control: {
      schema: 1,
      mode: 'emergency',
      route: { active: 'twocaptcha', since: NOON - 98_765, badSweeps: 1234, goodSweeps: 1234 },
      pause: {
        by: 'arn:aws:sts::000000000000:assumed-role/operator/some.body',
        at: NOON - 555_555,
        reason:
          'The plan is being changed at the provider; until Monday 9 o’clock nothing may be bought there. Ask Kim, or see 4711.',
      },
      drainPerSecond: 1234.5678,
      spend: { hour: '2026-11-21T17', day: '2026-11-21' },
      providers: { captchaai: provider(1), twocaptcha: provider(2) },
      callbacks: true,
      waits: Object.fromEntries(
        // The sweep tells three methods; these have the longest names.
        METHOD_NAMES.toSorted((a, b) => b.length - a.length)
          .slice(0, 3)
          .map((name, n) => [name, { first: 17.25 + 3 * n, interval: 5.75 + n, fast: 13.5 + 7 * n }]),
      ),
    },
  }
}
