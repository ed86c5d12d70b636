import { describe, expect, it } from 'vitest'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { changesAfter } from '../../../functions/core/record/changes.ts'
import { headlineOf } from '../../../functions/core/record/headline.ts'
import { historyAfter } from '../../../functions/core/record/history.ts'
import { applyHysteresis } from '../../../functions/core/record/hysteresis.ts'
import { metricsOf } from '../../../functions/core/record/metrics.ts'
import type { ReadinessRecord, RecordReading } from '../../../functions/core/record/record.ts'
import { stateSince } from '../../../functions/core/record/state-since.ts'
import { driftOf, findingsOf } from '../../../functions/core/record/sweep-findings.ts'
import { viewOf } from '../../../functions/core/record/view.ts'
import type { Verdict } from '../../../functions/core/rules/rule.ts'
import { MINUTE, minute, NOON, SECOND, totals, VIEW_SETTINGS } from '../../build/evidence.ts'
import { recordOf, sweptProvider } from '../../build/record.ts'

const entry = (rule: string, observed: number) => ({
  ...{ rule, observed, threshold: observed - 1, since: new Date(NOON - observed * SECOND).toISOString() },
  runbook: `docs/runbook.md#${rule}`,
})
const SHOWN: Verdict = {
  ...{ status: 'not_ready', mode: 'degraded', issues: ['queue_full=1200'], warnings: ['starting'] },
  trace: [entry('queue_full', 1200), entry('starting', 2)],
}
const RAW: Verdict = {
  ...{ status: 'degraded', mode: 'emergency', issues: ['stalled_for=200s'], warnings: ['client_errors=0.40'] },
  trace: [entry('stalled_for', 200)],
}

/**
 * A record in which nothing equals anything else: what is shown and what the sweep found; how far the evidence reaches,
 * when the sweep ran, and when one was last counted; the provider before it and now.
 */
const record: ReadinessRecord = {
  ...recordOf({
    ...{ sweptAt: NOON - 50 * SECOND, countedAt: NOON - 31 * SECOND, since: { queue_full: NOON - 9 * MINUTE } },
    ...{ activeProvider: 'twocaptcha', raw: RAW },
    evidence: { ranAt: NOON - 20 * SECOND, activeProvider: 'twocaptcha', providers: [sweptProvider()] },
  }),
  ...SHOWN,
}
const { control } = initialAdmission(['captchaai'])
const pause = { by: 'kim', at: NOON - 3 * SECOND, reason: 'plan change' }
const paused = { control: { ...control, pause }, counts: {} }
const seen = (reading: RecordReading, seconds = 0, admission: typeof paused | null = null) =>
  viewOf(reading, NOON + seconds * SECOND, VIEW_SETTINGS, admission)

describe('a view of a record in which what is shown is not what the sweep found', () => {
  const current = {
    ...SHOWN,
    ...{ sweptAt: NOON - 50 * SECOND, ageSeconds: 52, maxAgeSeconds: 180, record },
  }

  it('is what is shown, with the age of its evidence and not of its sweep', () => {
    expect(seen({ kind: 'record', record, readAt: NOON - 8 * SECOND }, 2.9)).toEqual(current)
  })

  it('is the same, and what the admission item says, while the table has not answered for less than 10 s', () => {
    const failing = {
      kind: 'unreachable',
      failingSince: NOON - 7 * SECOND,
      last: record,
      readAt: NOON + SECOND,
    } as const
    expect(seen(failing, 2.9)).toEqual(current)
    expect(seen(failing, 2.9, paused)).toEqual({
      ...current,
      issues: ['paused', 'queue_full=1200'],
      trace: [
        {
          ...{ rule: 'paused', observed: 'kim: plan change', threshold: null },
          ...{ since: new Date(pause.at).toISOString(), runbook: 'docs/runbook.md#paused' },
        },
        ...SHOWN.trace,
      ],
    })
    expect(seen(failing, 3)).toEqual({
      ...current,
      ...{ status: 'unknown', ageSeconds: 53, issues: ['record_unreadable'], warnings: [] },
      trace: [
        {
          ...{ rule: 'record_unreadable', observed: 'unreachable', threshold: null },
          ...{ since: new Date(NOON - 7 * SECOND).toISOString(), runbook: 'docs/runbook.md#record-unreadable' },
        },
      ],
    })
  })

  it.each<[RecordReading, string]>([
    [{ kind: 'missing', readAt: NOON - 4 * SECOND }, 'missing'],
    [{ kind: 'unreadable', why: 'schema 7', readAt: NOON - 4 * SECOND }, 'schema 7'],
  ])('that was not read (%o) is unknown since it was asked for', (reading, observed) => {
    expect(seen(reading, 2, paused)).toEqual({
      ...{ status: 'unknown', mode: 'normal', issues: ['record_unreadable'], warnings: [], record: null },
      ...{ sweptAt: null, ageSeconds: null, maxAgeSeconds: 180 },
      trace: [
        {
          ...{ rule: 'record_unreadable', observed, threshold: null },
          ...{ since: new Date(NOON - 4 * SECOND).toISOString(), runbook: 'docs/runbook.md#record-unreadable' },
        },
      ],
    })
  })
})

describe('what rests on such a record', () => {
  it('the history counts what was shown, from when the sweep ran until the evidence was stale', () => {
    const { hour } = historyAfter(record, NOON + 5 * MINUTE, totals({}), VIEW_SETTINGS)
    // Shown from 20 s before noon, of which 130 s after it; stale three minutes after 50 s before noon.
    expect(hour.seconds).toEqual({ ready: 0, degraded: 0, not_ready: 130, unknown: 170 })
  })

  it('the changes tell what was shown', () => {
    const told: Pick<Verdict, 'status' | 'issues' | 'warnings'> = {
      ...{ status: 'not_ready', issues: ['paused'], warnings: ['starting'] },
    }
    const kept: ReadinessRecord['changes'] = [{ at: NOON - MINUTE, status: 'not_ready', reasons: ['x'] }]
    const before = { ...record, changes: kept }
    expect(changesAfter(before, told, NOON, VIEW_SETTINGS)).toEqual(kept)
    // After a gap in which nothing was shown, the same state is a change again.
    expect(changesAfter(before, told, NOON + 131 * SECOND, VIEW_SETTINGS)).toEqual([
      { at: NOON + 131 * SECOND, status: 'not_ready', reasons: ['paused'] },
      { at: NOON + 130 * SECOND, status: 'unknown', reasons: ['stale_evidence'] },
      ...kept,
    ])
  })

  it('the admission follows what the sweep found itself, and counts it once a period', () => {
    const found = (more: Partial<ReadinessRecord> = {}) => {
      const { mode, isActiveBad, isNewPeriod } = findingsOf({ ...record, ...more }, null, { minBalance: null })
      return { mode, isActiveBad, isNewPeriod }
    }
    expect(found()).toEqual({ mode: 'emergency', isActiveBad: false, isNewPeriod: false })
    expect(found({ issues: ['overdue=3'], countedAt: NOON - 50 * SECOND })).toEqual(found())
    const failing = { ...RAW, issues: ['overdue=3'] }
    expect(found({ raw: failing, countedAt: NOON - 20 * SECOND })).toEqual({
      ...{ mode: 'emergency', isActiveBad: true, isNewPeriod: true },
    })
  })

  it('rates are those of the minutes before the sweep, however far behind its evidence is', () => {
    const minutes = [
      minute(NOON - 6 * MINUTE, { solved: 80, calledBack: 80 }),
      minute(NOON - 2 * MINUTE, { solved: 20, failed: 4, calledBack: 5 }),
    ]
    const behind = { ...record, sweptAt: NOON - 4 * MINUTE, evidence: { ...record.evidence, ranAt: NOON, minutes } }
    expect(findingsOf(behind, null, { minBalance: null })).toMatchObject({
      ...{ settledPerSecond: 24 / 120, calledBack: 0.25 },
    })
  })

  it('a provider with less money than a person wants to be there is not sound', () => {
    const sound = (minBalance: number | null) =>
      findingsOf(record, null, { minBalance }).providers.map(({ isSound }) => isSound)
    expect([null, 12.5, 12.51].map(sound)).toEqual([[true], [true], [false]])
  })

  it('a provider that was not known to the last sweep lost all that it lost since', () => {
    const now = totals({
      accepted: 30,
      lost: { captchaai: 9 },
      slowSubmits: { captchaai: 4 },
      refusedByClass: { auth: 6, rate: 2 },
    })
    const before = totals({ accepted: 11, lost: { twocaptcha: 5 }, refusedByClass: { auth: 5, rate: 1 } })
    const of = (counts: typeof now) => ({ ...record, evidence: { ...record.evidence, totals: counts } })
    expect(findingsOf(of(now), of(before), { minBalance: null }).providers).toEqual([
      {
        ...{ name: 'captchaai', answered: null, isBack: false, isSound: true, threads: 5 },
        submits: { sent: 20, failed: 9, slow: 4 },
      },
    ])
  })

  it('no places are compared while outcomes are unread', () => {
    expect(driftOf(record, null, 12)).toEqual({ memory: null, surplus: 0 })
  })

  it('the alarms see what the sweep found itself', () => {
    const delta = { outcomes: totals({}), deadLetters: 0 }
    const published = (raw: Verdict) =>
      metricsOf({ ...record, raw }, delta, { maxInFlight: 100, caughtUp: true, gate: null })
        .filter(({ name }) => name === 'Ready' || name === 'Mode' || name === 'AccountFault')
        .map(({ name, value }) => `${name} ${value}`)
    expect(published(RAW)).toEqual(['Ready 1', 'AccountFault 0', 'Mode 2'])
    const streak = { ...record.evidence, totals: totals({ trailingFailures: 12, trailingTransport: 5 }) }
    const told = metricsOf({ ...record, evidence: streak }, delta, { maxInFlight: 100, caughtUp: true, gate: null })
    expect(told.find(({ name }) => name === 'ConsecutiveFailures')?.value).toBe(12)
    const broke: Verdict = { ...RAW, status: 'not_ready', mode: 'normal', issues: ['low_balance=$0.10'] }
    expect(published(broke)).toEqual(['Ready 0', 'AccountFault 1', 'Mode 0'])
  })

  it('what is held is shown with the warnings of now, and not of then', () => {
    const settings = { enterNotReadySweeps: 2, leaveNotReadySweeps: 2 }
    const now: Verdict = { ...RAW, status: 'ready', issues: [], warnings: ['provider_slow=captchaai'] }
    expect(applyHysteresis({ ...record, goodSweeps: 0 }, now, { isNewPeriod: true }, settings)).toEqual({
      ...{ status: 'not_ready', issues: ['queue_full=1200'], warnings: ['provider_slow=captchaai'] },
      ...{ trace: [entry('queue_full', 1200), entry('stalled_for', 200)], badSweeps: 0, goodSweeps: 1 },
    })
  })

  it('a fleet that is degraded becomes not ready as late as one that is ready', () => {
    const settings = { enterNotReadySweeps: 2, leaveNotReadySweeps: 2 }
    const bad: Verdict = { ...RAW, status: 'not_ready' }
    for (const status of ['ready', 'degraded'] as const) {
      const last = { ...record, status, issues: [], warnings: ['starting'], badSweeps: 0, goodSweeps: 5 }
      const once = applyHysteresis(last, bad, { isNewPeriod: true }, settings)
      expect(once).toEqual({
        ...{ status: 'degraded', issues: [], warnings: ['stalled_for=200s', 'client_errors=0.40'] },
        ...{ trace: RAW.trace, badSweeps: 1, goodSweeps: 6 },
      })
      expect(applyHysteresis(once, bad, { isNewPeriod: true }, settings)).toEqual({
        ...{ status: 'not_ready', issues: bad.issues, warnings: bad.warnings, trace: bad.trace },
        ...{ badSweeps: 2, goodSweeps: 7 },
      })
    }
  })

  it('the headline of a fleet that is not ready is an issue, also where a warning stands before it among the causes', () => {
    const stated = {
      ...SHOWN,
      issues: ['queue_full=1200'],
      warnings: ['circuit_open=captchaai', 'no_threads=captchaai'],
    }
    expect(headlineOf(stated).code).toBe('queue_full')
    expect(stateSince(seen({ kind: 'record', record, readAt: NOON }))).toBe(NOON - 1200 * SECOND)
  })
})

describe('a breaker that closed, and tasks that were solved, since the sweep', () => {
  const ended = { solved: 100, failed: 40 }
  const issues = ['stalled_for=200s', 'consecutive_failures=12']
  const failing = recordOf({
    ...{ status: 'not_ready', issues, trace: [entry('stalled_for', 200), entry('consecutive_failures', 12)] },
    ...{ sweptAt: NOON - 50 * SECOND, evidence: { ranAt: NOON - 20 * SECOND, ended } },
  })
  const left = (closedAt: number, solved: number) => {
    const breaker = { state: 'closed', submit: null, result: null, rampSince: closedAt, seconds: 10 } as const
    const admission = {
      control: { ...control, providers: { captchaai: { ...initialProvider, breaker } } },
      counts: { solved: 100 + solved, failed: 40 },
    }
    const { issues, trace } = viewOf({ kind: 'record', record: failing, readAt: NOON }, NOON, VIEW_SETTINGS, admission)
    return { issues, rules: trace.map(({ rule }) => rule) }
  }
  const both = {
    issues: ['consecutive_failures=12', 'stalled_for=200s'],
    rules: ['consecutive_failures', 'stalled_for'],
  }
  const only = (issue: string) => ({ issues: [issue], rules: [issue.split('=')[0]] })

  it('each end what is theirs, counted from when the sweep ran', () => {
    expect(left(NOON - 20 * SECOND, 0)).toEqual(both)
    expect(left(NOON - 19 * SECOND, 0)).toEqual(only('consecutive_failures=12'))
    expect(left(NOON - 20 * SECOND, 1)).toEqual(only('stalled_for=200s'))
    expect(left(NOON - 19 * SECOND, 1)).toEqual({ issues: [], rules: [] })
  })
})
