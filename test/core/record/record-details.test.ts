import { describe, expect, it } from 'vitest'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import type { Recovery } from '../../../functions/core/evidence/recovery.ts'
import { startFrom } from '../../../functions/core/evidence/sweep-accumulator.ts'
import { EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import { admittingOf } from '../../../functions/core/record/accepting.ts'
import { headlineOf } from '../../../functions/core/record/headline.ts'
import { historyAfter } from '../../../functions/core/record/history.ts'
import { emptyBucket } from '../../../functions/core/record/history-bucket.ts'
import { applyHysteresis } from '../../../functions/core/record/hysteresis.ts'
import { nextRecord } from '../../../functions/core/record/next-record.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import { openCharges, probesIn } from '../../../functions/core/record/sweep-findings.ts'
import type { Verdict } from '../../../functions/core/rules/rule.ts'
import { modeAndCause } from '../../../functions/core/rules/verdict.ts'
import { defaultSweepSettings } from '../../../sim/memory/sweep-settings.ts'
import { evidence, HOUR, MINUTE, minute, NOON, provider, RULE_SETTINGS, SECOND, totals } from '../../build/evidence.ts'
import { recordOf } from '../../build/record.ts'

describe('the share of the limit that each priority may fill', () => {
  it.each([
    ['normal', [], [1, 1, 1, 1]],
    ['degraded', [], [0.5, 0.9, 1, 1]],
    ['emergency', ['overdue=3'], [0.05, 0.05, 0.25, 1]],
    ['normal', ['paused'], [0, 0, 0, 0]],
    ['normal', ['no_usable_provider'], [0, 0, 0, 0]],
    ['normal', ['spend_limit=day'], [0, 0, 0, 0]],
  ] as const)('in mode %s with %o, of 20 places, from low to critical: %o', (mode, issues, shares) => {
    const { low, normal, high, critical } = admittingOf({ mode, issues }, 20)
    expect([low, normal, high, critical]).toEqual(shares)
  })
})

describe('the cause of the mode', () => {
  const waiting = (count: number, seconds: number) => ({
    queue: { waiting: count, available: count, inFlight: 0, deadLetters: 0 },
    waitingSince: NOON - seconds * SECOND,
    lastOutcomeAt: NOON - seconds * SECOND,
  })
  it.each([
    [{}, 'normal', 'error rate and queue are in order'],
    [{ errorRate: 0.2 }, 'normal', 'error rate and queue are in order'],
    [{ errorRate: 0.21 }, 'degraded', 'error rate 0.21'],
    [{ errorRate: 0.5 }, 'degraded', 'error rate 0.50'],
    [{ errorRate: 0.51 }, 'emergency', 'error rate 0.51'],
    [waiting(150, 59), 'normal', 'error rate and queue are in order'],
    [waiting(151, 59), 'degraded', '151 tasks wait'],
    [waiting(3, 60), 'emergency', '3 tasks wait and no worker receives them'],
  ])('%o: %s, because of %s', (changes, mode, cause) => {
    expect(modeAndCause(evidence(changes), RULE_SETTINGS)).toEqual({ mode, cause })
  })
})

describe('what the sweep finds in flight', () => {
  it('is every accepted submit that is not settled, sent back or expired', () => {
    const counts = { accepted: 20, solved: 7, failed: 5, failedCharged: 3, expiredSubmitted: 2, resubmitted: 1 }
    expect(openCharges(totals(counts))).toBe(7)
  })

  const open: Breaker = { state: 'open', since: NOON, until: NOON, seconds: 10, cause: 'X' }
  const closed: Breaker = { state: 'closed', submit: null, result: null, rampSince: null }
  const half = (until: number | null): Breaker => ({
    ...{ state: 'half_open', since: NOON, seconds: 10, successes: 0 },
    lease: until === null ? null : { id: 'i', until },
  })
  it.each<[string, Breaker[], number | undefined]>([
    ['not known while a breaker is closed', [closed, half(NOON + 1)], undefined],
    ['none where none may be sent', [open], 0],
    ['one under a lease', [half(NOON + 1), open], 1],
    ['none where the lease is over', [half(NOON)], 0],
    ['none where there is no lease', [half(null)], 0],
    ['one at each provider', [half(NOON + 1), half(NOON + 9)], 2],
  ])('are probes: %s', (_, breakers, probes) => {
    const { control } = initialAdmission([])
    const providers = Object.fromEntries(breakers.map((breaker, n) => [`p${n}`, { ...initialProvider, breaker }]))
    expect(probesIn({ ...control, providers }, NOON)).toBe(probes)
  })
})

describe('the history', () => {
  const settings = { sweepSeconds: 60 }
  const historyOf = (record: ReadinessRecord, now: number) => historyAfter(record, now, EMPTY_SUMMARY, settings)

  it('begins with a record that had none yet', () => {
    const history = historyOf(recordOf({ sweptAt: NOON, history: null }), NOON + MINUTE)
    expect(history.hour.seconds.ready).toBe(60)
    expect(history.finished).toEqual([])
  })

  it('counts as unknown all the time since a sweep that had fallen too far behind to be shown', () => {
    const behind = recordOf({ sweptAt: NOON, evidence: { ranAt: NOON + 4 * MINUTE } })
    expect(historyOf(behind, NOON + 5 * MINUTE).hour.seconds).toEqual({
      ...{ ready: 0, degraded: 0, not_ready: 0, unknown: 60 },
    })
  })

  it.each([
    [50, 50],
    [51, 1],
  ])('tells each hour of a gap of %i hours, or, of a longer one, the first only (%i)', (hours, count) => {
    const day = { ...emptyBucket('day', NOON), at: NOON + 100 * HOUR }
    const running = { hour: emptyBucket('hour', NOON), day, finished: [] }
    const { finished } = historyOf(recordOf({ sweptAt: NOON, history: running }), NOON + hours * HOUR)
    expect(finished.filter(({ span }) => span === 'hour').map(({ at }) => (at - NOON) / HOUR)).toEqual(
      Array.from({ length: count }, (_, n) => n),
    )
  })

  it('stores an hour of which anything is known: a state, or outcomes; and no hour of which nothing is', () => {
    const hour = emptyBucket('hour', NOON)
    const stored = (bucket: typeof hour) => {
      const running = { hour: bucket, day: emptyBucket('day', Date.UTC(2026, 10, 21)), finished: [] }
      return historyOf(recordOf({ sweptAt: NOON + HOUR, history: running }), NOON + HOUR + MINUTE).finished
    }
    expect(stored(hour)).toEqual([])
    expect(stored({ ...hour, solved: 1 })).toMatchObject([{ at: NOON, solved: 1 }])
    expect(stored({ ...hour, failed: 1 })).toMatchObject([{ at: NOON, failed: 1 }])
    expect(stored({ ...hour, solved: 2, failed: 2 })).toMatchObject([{ at: NOON, solved: 2, failed: 2 }])
    expect(stored({ ...hour, seconds: { ...hour.seconds, not_ready: 5 } })).toHaveLength(1)
  })
})

describe('the headline', () => {
  const headline = (status: ReadinessRecord['status'] | 'unknown', mode: ReadinessRecord['mode'], warnings: string[]) =>
    headlineOf({ status, mode, issues: [], warnings })

  it('of a degraded fleet is the mode where the warnings change nothing, and such a warning where nothing else is there', () => {
    expect(headline('degraded', 'emergency', ['provider_slow=captchaai']).reason).toContain('under heavy strain')
    expect(headline('degraded', 'degraded', ['balance_unknown=captchaai']).reason).toContain('under strain')
    expect(headline('degraded', 'normal', ['provider_slow=captchaai']).reason).toBe('captchaai answers slowly')
    expect(headline('degraded', 'normal', []).reason).toBe('the fleet works with restrictions')
  })

  it('names the first of several providers that have the same issue', () => {
    const issues = ['queue_full=1000', 'circuit_open=captchaai', 'circuit_open=twocaptcha']
    expect(headlineOf({ status: 'not_ready', mode: 'normal', issues, warnings: [] }).reason).toContain('captchaai')
  })

  it('of a fleet that is not ready is its issue, whatever the mode is and whichever issue it is', () => {
    const stated = {
      status: 'not_ready',
      mode: 'emergency',
      issues: ['provider_slow=captchaai'],
      warnings: [],
    } as const
    expect(headlineOf(stated).code).toBe('provider_slow')
  })

  it('of a fleet that is not ready for no reason says that there is none', () => {
    expect(headline('not_ready', 'normal', []).reason).toBe('the last sweep gives no reason')
    expect(headline('unknown', 'emergency', []).reason).toBe('the last sweep gives no reason')
  })
})

describe('what hysteresis holds', () => {
  const settings = { enterNotReadySweeps: 1, leaveNotReadySweeps: 3 }
  const good = { status: 'ready', mode: 'normal', issues: [], warnings: [], trace: [] } as const
  const held = (...issues: string[]) =>
    applyHysteresis(
      { status: 'not_ready', issues, warnings: [], trace: [], badSweeps: 1, goodSweeps: 0 },
      { ...good, issues: [], warnings: [], trace: [] },
      { isNewPeriod: true },
      settings,
    )
  it('is what only a sweep finds: an issue that the admission item has ended is not shown on', () => {
    expect(held('queue_full=1000', 'paused')).toMatchObject({ status: 'not_ready', issues: ['queue_full=1000'] })
    expect(held('paused')).toMatchObject({ status: 'ready', issues: [] })
  })
})

describe('an issue that is held', () => {
  const entry = (rule: string) => ({ rule, observed: 1, threshold: 1, since: null, runbook: '' })
  const judge = (issues: string[], ...rules: string[]): Verdict => ({
    ...{ status: 'not_ready', mode: 'normal', issues, warnings: [], trace: rules.map(entry) },
  })
  /** What is shown after a sweep that found the fleet paused and its queue full, and after one with this verdict. */
  const shownAfter = (now: Verdict) => {
    const settings = { enterNotReadySweeps: 1, leaveNotReadySweeps: 3 }
    const bad = judge(['paused', 'queue_full=1000'], 'paused', 'queue_full')
    const first = applyHysteresis(null, bad, { isNewPeriod: true }, settings)
    const { issues, trace } = applyHysteresis(first, now, { isNewPeriod: true }, settings)
    return { issues, rules: trace.map(({ rule }) => rule) }
  }
  it('is shown once where the sweep finds it again, with the trace of that sweep', () => {
    expect(shownAfter(judge(['queue_full=1100'], 'queue_full'))).toEqual({
      issues: ['queue_full=1100'],
      rules: ['queue_full'],
    })
  })
  it('is shown behind what the sweep finds, and its old trace before the new one', () => {
    expect(shownAfter(judge(['overdue=3'], 'overdue'))).toEqual({
      issues: ['overdue=3', 'queue_full=1000'],
      rules: ['queue_full', 'overdue'],
    })
  })
})

describe('the next record', () => {
  const settings = { ...defaultSweepSettings, sweepSeconds: 60, enterNotReadySweeps: 2 }
  /** A sweep of an empty queue, or one whose breaker closed at some time. */
  const next = (
    last: ReadinessRecord | null,
    now: number,
    waiting = 0,
    breakerClosedAt: number | null = null,
    recovery: Recovery | null = null,
  ) =>
    nextRecord(
      last,
      {
        ...{ now, watermark: now, spendLimit: null, control: initialAdmission(['captchaai']).control, breakerClosedAt },
        ended: null,
        ...{ folded: { cursor: now - 10_000, summary: EMPTY_SUMMARY, minutes: [] }, newlyFolded: EMPTY_SUMMARY },
        ...{ totals: EMPTY_SUMMARY, minutes: [], accumulator: { ...startFrom(last, now), recovery } },
        queue: { waiting, available: 0, inFlight: 0, deadLetters: 0 },
        providers: [provider()],
      },
      (last?.version ?? 0) + 1,
      settings,
    )

  it.each([
    [29_999, 0, 1],
    [30_000, 30_000, 2],
  ])('counts a sweep %i ms after the last one as one of a new period from half a period on', (gap, counted, sweeps) => {
    const first = next(null, NOON)
    expect(first).toMatchObject({ version: 1, countedAt: NOON, goodSweeps: 1, drift: null })
    expect(next(first, NOON + gap)).toMatchObject({ version: 2, countedAt: NOON + counted, goodSweeps: sweeps })
  })

  it('is known whole: what the sweep found, what was there before, and up to which time', () => {
    const waits = totals({ received: 9, accepted: 5, solved: 2, failed: 1, lastFailureAt: NOON - SECOND })
    const newlyFolded = totals({ solved: 7, failed: 3, expiredWaiting: 1 })
    const before = recordOf({
      ...{ sweptAt: NOON - 64 * SECOND, countedAt: NOON - 61 * SECOND, version: 41, badSweeps: 0, goodSweeps: 4 },
      ...{ since: { queue_full: NOON - 9 * MINUTE, starting: NOON - 8 * MINUTE }, mode: 'emergency' },
      changes: [{ at: NOON - HOUR, status: 'ready', reasons: [] }],
    })
    const swept = (countedAt: number) => {
      const { evidence: _evidence, ...record } = nextRecord(
        { ...before, countedAt },
        {
          ...{ now: NOON, watermark: NOON - 5 * SECOND, spendLimit: null, breakerClosedAt: null, ended: null },
          control: initialAdmission(['captchaai']).control,
          ...{ folded: { cursor: NOON - 13 * SECOND, summary: waits, minutes: [minute(NOON, { solved: 2 })] } },
          ...{ newlyFolded, totals: waits, minutes: [], accumulator: { ...startFrom(before, NOON), recovery: null } },
          ...{ queue: { waiting: 5000, available: 0, inFlight: 0, deadLetters: 0 }, providers: [provider()] },
        },
        42,
        settings,
      )
      return record
    }
    const issue = { rule: 'queue_full', observed: 5000, threshold: 1000, runbook: 'docs/runbook.md#queue-full' }
    const trace = [{ ...issue, since: new Date(NOON - 9 * MINUTE).toISOString() }]
    const counted = { solved: 7, failed: 4, solveSeconds: [] }
    const seconds = { ready: 0, degraded: 0, not_ready: 0, unknown: 0 }
    const next = {
      ...{ schema: 1, version: 42, sweptAt: NOON - 5 * SECOND, activeProvider: 'captchaai', mode: 'degraded' },
      ...{ status: 'degraded', issues: [], warnings: ['queue_full=5000'], trace, badSweeps: 1, goodSweeps: 0 },
      raw: { status: 'not_ready', mode: 'degraded', issues: ['queue_full=5000'], warnings: [], trace },
      ...{ countedAt: NOON, since: { queue_full: NOON - 9 * MINUTE } },
      ...{ cursor: NOON - 13 * SECOND, folded: waits, foldedMinutes: [minute(NOON, { solved: 2 })], drift: null },
      changes: [
        { at: NOON, status: 'degraded', reasons: ['queue_full=5000'] },
        { at: NOON - HOUR, status: 'ready', reasons: [] },
      ],
      history: {
        hour: { span: 'hour', at: NOON, ...counted, seconds },
        day: { span: 'day', at: NOON - 12 * HOUR, ...counted, seconds: { ...seconds, ready: 64 } },
        finished: [],
      },
    }
    expect(swept(NOON - 61 * SECOND)).toEqual(next)
    // A repeated sweep of the period: it changes nothing that is counted, and keeps since when a rule fires.
    expect(swept(NOON - 2 * SECOND)).toEqual({ ...next, countedAt: NOON - 2 * SECOND })
  })

  it('knows from the last one when the fleet began', () => {
    expect(next(next(null, NOON), NOON + MINUTE).evidence.startedAt).toBe(NOON)
  })

  it('keeps since when a rule fires, and what the sweeps know of drift', () => {
    const drift = {
      sample: { at: 1, counted: 0, polls: 0, accepted: 0, settled: 0, refused: 0 },
      surplus: null,
    }
    const full = { ...next(null, NOON, 5000), drift }
    const again = next(full, NOON + MINUTE, 5000)
    expect(again.since.queue_full).toBe(NOON)
    expect(again.drift).toBe(drift)
    expect(next(again, NOON + 2 * MINUTE).since).toEqual({ starting: NOON })
  })

  it('is not held at not ready in the sweep that finds a recovery proved, and in no later one for that reason', () => {
    const since = (at: number, solved: number) => ({ at, solved, minutes: [] })
    const bad = [NOON, NOON + MINUTE].reduce<ReadinessRecord | null>((last, at) => next(last, at, 5000), null)
    if (bad === null) throw new Error('no record')
    const statusAfter = (before: Recovery | null, now: Recovery | null) =>
      next({ ...bad, evidence: { ...bad.evidence, recovery: before } }, NOON + 2 * MINUTE, 0, null, now).status
    expect(statusAfter(null, since(NOON, 2))).toBe('not_ready')
    expect(statusAfter(null, since(NOON, 3))).toBe('ready')
    expect(statusAfter(since(NOON, 2), since(NOON, 3))).toBe('ready')
    expect(statusAfter(since(NOON, 3), since(NOON, 9))).toBe('not_ready')
    expect(statusAfter(since(NOON, 3), since(NOON + MINUTE, 3))).toBe('ready')
    expect(statusAfter(since(NOON, 3), null)).toBe('not_ready')
  })

  it('is not held at not ready once a breaker has closed, and is held where none has', () => {
    const bad = [NOON, NOON + MINUTE].reduce<ReadinessRecord | null>((last, at) => next(last, at, 5000), null)
    expect(bad?.status).toBe('not_ready')
    expect(next(bad, NOON + 2 * MINUTE).status).toBe('not_ready')
    expect(next(bad, NOON + 2 * MINUTE, 0, NOON + MINUTE).status).toBe('ready')
    if (bad === null) throw new Error('no record')
    const closedBefore = (usableAgainAt: number) => ({ ...bad, evidence: { ...bad.evidence, usableAgainAt } })
    expect(next(closedBefore(NOON - HOUR), NOON + 2 * MINUTE, 0, NOON - HOUR).status).toBe('not_ready')
    expect(next(closedBefore(NOON - HOUR), NOON + 2 * MINUTE, 0, NOON + MINUTE).status).toBe('ready')
  })
})
