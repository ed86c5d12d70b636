import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import type { Control, Counters, ProviderControl } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import type { Evidence } from '../../../functions/core/evidence/evidence.ts'
import type { ProviderFacts } from '../../../functions/core/evidence/provider-facts.ts'
import type { Summary } from '../../../functions/core/outcome/summary.ts'
import { applyHysteresis, type PublishedStatus } from '../../../functions/core/record/hysteresis.ts'
import type { RecordReading, Status } from '../../../functions/core/record/record.ts'
import { isFailing as isFailingRecord } from '../../../functions/core/record/sweep-findings.ts'
import { viewOf } from '../../../functions/core/record/view.ts'
import type { RuleSettings, Verdict } from '../../../functions/core/rules/rule.ts'
import { judgeEvidence } from '../../../functions/core/rules/verdict.ts'
import {
  evidence,
  NOON,
  paidByBalance,
  provider,
  RULE_SETTINGS,
  SECOND,
  totals,
  VIEW_SETTINGS,
} from '../../build/evidence.ts'
import { recordOf } from '../../build/record.ts'

/**
 * Worse evidence never gives a better verdict, whatever else is wrong. Each property takes any fleet, makes it worse in
 * one or more ways, and compares. `unproven` is no part of it: there, failures that got old are meant to weigh less.
 */
const RUNS = { numRuns: 3000, seed: 42 }
const RANK: Record<Status, number> = { ready: 0, degraded: 1, not_ready: 2, unknown: 2 }
const MODES = ['normal', 'degraded', 'emergency']

type Worse<Of> = (of: Of) => Of
const totalsWith = (change: (before: Summary) => Partial<Summary>): Worse<Evidence> => {
  return (seen) => ({ ...seen, totals: { ...seen.totals, ...change(seen.totals) } })
}
const queueWith = (name: 'waiting' | 'available' | 'inFlight', by: number): Worse<Evidence> => {
  return (seen) => ({ ...seen, queue: { ...seen.queue, [name]: seen.queue[name] + by } })
}
const providerWith = (index: number, change: (facts: ProviderFacts) => Partial<ProviderFacts>): Worse<Evidence> => {
  return (seen) => ({
    ...seen,
    providers: seen.providers.map((facts, n) => (n === index ? { ...facts, ...change(facts) } : facts)),
  })
}
const earlier = (at: number | null, by: number): number => (at ?? NOON) - by * SECOND

const fewOrMany = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 2000 }))
const seconds = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 1000 }))
const eitherProvider = fc.integer({ min: 0, max: 1 })
const worseAccount = fc.oneof(
  fewOrMany.map((by) => ({ balance }: ProviderFacts) => ({ balance: (balance ?? 25) - by })),
  fc.constant(({ threads }: ProviderFacts) => ({ threads: threads === null ? null : { total: 0, free: 0 } })),
  fc.constant(() => ({ keyRefused: true })),
  fc.constantFrom('auth' as const, 'funds' as const).map((of) => ({ workersRefused }: ProviderFacts) => ({
    workersRefused: workersRefused ?? { at: NOON - SECOND, class: of, code: 'ERROR_OF_TEST' },
  })),
  seconds.map((by) => ({ unusableSince }: ProviderFacts) => ({ unusableSince: earlier(unusableSince, by) })),
  fc.constant(({ breaker }: ProviderFacts) =>
    breaker.state === 'closed'
      ? { breaker: { state: 'half_open' as const, since: NOON - SECOND, cause: null, isProven: false } }
      : {},
  ),
  fc.constant(() => ({
    breaker: { state: 'open' as const, since: NOON - SECOND, cause: 'HTTP_502', isProven: false },
  })),
)
const worseEvidence: fc.Arbitrary<Worse<Evidence>> = fc.oneof(
  fewOrMany.map((by) => totalsWith((before) => ({ trailingFailures: before.trailingFailures + by }))),
  seconds.map((by) => totalsWith(({ lastSolveAt }) => ({ lastSolveAt: earlier(lastSolveAt, by) }))),
  seconds.map((by) =>
    totalsWith(({ lastExpiredSubmittedAt: last }) => ({ lastExpiredSubmittedAt: Math.max(last ?? 0, NOON - by) })),
  ),
  seconds.map((by) =>
    totalsWith(({ slow }) => ({
      slow: slow.map((task) => ({ ...task, submittedAt: task.submittedAt - by * SECOND })),
    })),
  ),
  fc
    .tuple(fc.constantFrom('waiting' as const, 'available' as const, 'inFlight' as const), fewOrMany)
    .map(([name, by]) => queueWith(name, by)),
  seconds.map((by) => (seen: Evidence) => ({ ...seen, demandSeconds: seen.demandSeconds + by })),
  fc.constant((seen: Evidence) => ({ ...seen, demand: true })),
  seconds.map((by) => (seen: Evidence) => ({ ...seen, waitingSince: earlier(seen.waitingSince, by) })),
  seconds.map((by) => (seen: Evidence) => ({ ...seen, lastOutcomeAt: earlier(seen.lastOutcomeAt, by) })),
  fc.double({ min: 0, max: 1, noNaN: true }).map((by) => (seen: Evidence) => ({
    ...seen,
    errorRate: Math.min(1, (seen.errorRate ?? 0) + by),
  })),
  fc.integer({ min: 1, max: 3 }).map((by) => (seen: Evidence) => ({ ...seen, badRateSweeps: seen.badRateSweeps + by })),
  fc.constant((seen: Evidence) => ({ ...seen, secretReadable: false })),
  fc.constant((seen: Evidence) => ({ ...seen, spendLimit: seen.spendLimit ?? ('hour' as const) })),
  fc.constant((seen: Evidence) => ({ ...seen, pause: seen.pause ?? { by: 'anna', at: NOON, reason: 'test' } })),
  fc.tuple(eitherProvider, worseAccount).map(([index, change]) => providerWith(index, change)),
)
const several = <Of>(worse: fc.Arbitrary<Worse<Of>>) => fc.array(worse, { minLength: 1, maxLength: 4 })
const apply = <Of>(changes: readonly Worse<Of>[], to: Of): Of => changes.reduce((of, change) => change(of), to)

const anySlow = fc.array(
  fc.record({
    taskId: fc.nat(9).map((n) => `task-${n}`),
    method: fc.constantFrom('userrecaptcha', 'turnstile'),
    submittedAt: seconds.map((age) => NOON - age * SECOND),
    seenAt: seconds.map((age) => NOON - age * SECOND),
  }),
  { maxLength: 5 },
)
const anyRecovery = fc
  .record({
    at: seconds.map((age) => NOON - age * SECOND),
    solved: fc.integer({ min: 1, max: 4 }),
    counted: fc.nat(12),
  })
  .map(({ at, solved, counted }) => ({ at, solved, minutes: [{ at, solved, counted }] }))
/** Any fleet: one that is well, in some ways made worse. */
const anyEvidence = fc
  .tuple(
    fc.array(worseEvidence, { maxLength: 4 }),
    fc.boolean(),
    fc.record({ slow: anySlow, lastSolveAt: fc.option(seconds.map((age) => NOON - age * SECOND)) }),
    fc.constantFrom('captchaai', 'twocaptcha'),
    fc.option(anyRecovery),
  )
  .map(([changes, hasBackup, seen, active, recovery]) =>
    apply(
      changes,
      evidence({
        totals: totals(seen),
        providers: hasBackup ? [provider(), paidByBalance()] : [provider()],
        recovery,
        ended: { solved: 0, failed: 0 },
        activeProvider: hasBackup ? active : 'captchaai',
      }),
    ),
  )

const judged = (seen: Evidence, settings: RuleSettings = RULE_SETTINGS) => judgeEvidence(seen, {}, settings).verdict
const worseOrEqual = (better: Status, worse: Status) => expect(RANK[worse]).toBeGreaterThanOrEqual(RANK[better])

describe('the verdict of a sweep is never better', () => {
  it('on worse evidence: each number worsened alone, and several together', () => {
    fc.assert(
      fc.property(anyEvidence, several(worseEvidence), (seen, changes) => {
        const [before, after] = [judged(seen), judged(apply(changes, seen))]
        worseOrEqual(before.status, after.status)
        expect(MODES.indexOf(after.mode)).toBeGreaterThanOrEqual(MODES.indexOf(before.mode))
      }),
      RUNS,
    )
  })

  it('with stricter thresholds', () => {
    const shares = fc.record({
      streakFailures: fc.integer({ min: 1, max: 10 }),
      noSolveSeconds: fc.integer({ min: 1, max: 600 }),
      stalledSeconds: fc.integer({ min: 1, max: 180 }),
      minBalance: fc.option(fc.integer({ min: 1, max: 30 })),
      queueCapacity: fc.integer({ min: 1, max: 1000 }),
      degradedQueueDepth: fc.integer({ min: 1, max: 150 }),
      degradedErrorRate: fc.double({ min: 0, max: 0.2, noNaN: true }),
      emergencyErrorRate: fc.double({ min: 0.2, max: 0.5, noNaN: true }),
    })
    fc.assert(
      fc.property(anyEvidence, shares, (seen, stricter) => {
        worseOrEqual(judged(seen).status, judged(seen, { ...RULE_SETTINGS, ...stricter }).status)
      }),
      RUNS,
    )
  })
})

const open: Breaker = { state: 'open', since: NOON - SECOND, until: NOON + 9 * SECOND, seconds: 10, cause: 'HTTP_502' }
const half: Breaker = { state: 'half_open', since: NOON - SECOND, seconds: 10, successes: 0, lease: null }
const controlWith = (name: string, change: (before: ProviderControl) => Partial<ProviderControl>): Worse<Control> => {
  return (control) => {
    const before = control.providers[name] ?? initialProvider
    return { ...control, providers: { ...control.providers, [name]: { ...before, ...change(before) } } }
  }
}
const refused = { fingerprint: 'f', at: NOON - SECOND, code: 'ERROR_KEY_DOES_NOT_EXIST' }
const worseControl: fc.Arbitrary<Worse<Control>> = fc.oneof(
  fc.constant((control: Control) => ({ ...control, pause: control.pause ?? { by: 'anna', at: NOON, reason: 'test' } })),
  fc
    .tuple(
      fc.constantFrom('captchaai', 'twocaptcha'),
      fc.constantFrom(
        ({ breaker }: ProviderControl) => (breaker.state === 'closed' ? { breaker: half } : {}),
        () => ({ breaker: open }),
        ({ key }: ProviderControl) => ({ key: { ...key, good: null, refused } }),
      ),
    )
    .map(([name, change]) => controlWith(name, change)),
)
const anyControl = fc
  .array(worseControl, { maxLength: 3 })
  .map((changes) => apply(changes, initialAdmission(['captchaai', 'twocaptcha']).control))

/** The record as the sweep of `NOON` writes it. */
function readingOf(seen: Evidence): RecordReading {
  const raw = judged(seen)
  return { kind: 'record', record: recordOf({ ...raw, sweptAt: NOON, evidence: seen }), readAt: NOON }
}
const shown = (reading: RecordReading, later: number, control: Control | null, counts: Counters = {}) =>
  viewOf(reading, NOON + later * SECOND, VIEW_SETTINGS, control === null ? null : { control, counts }).status

/** Tasks that ended since the sweep of `NOON`, of which no item has counted any before. */
const anyEnded = fc.record({ solved: fc.integer({ min: 0, max: 8 }), failed: fc.integer({ min: 0, max: 14 }) })
const isFailing = (reading: RecordReading) => reading.kind === 'record' && isFailingRecord(reading.record)

describe('what a view shows is never better', () => {
  const age = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 400 }))

  it('on a record of worse evidence, whatever the admission item says', () => {
    fc.assert(
      fc.property(anyEvidence, several(worseEvidence), fc.option(anyControl), age, (seen, changes, control, later) => {
        const worse = readingOf(apply(changes, seen))
        worseOrEqual(shown(readingOf(seen), later, control), shown(worse, later, control))
      }),
      RUNS,
    )
  })

  // Where only the worse fleet solved nothing, its error rate counts anew with the next solves: that is meant.
  it('on a record of worse evidence, whatever ended since', () => {
    fc.assert(
      fc.property(
        anyEvidence,
        several(worseEvidence),
        anyControl,
        age,
        anyEnded,
        (seen, changes, control, later, ended) => {
          const [better, worse] = [readingOf(seen), readingOf(apply(changes, seen))]
          fc.pre(isFailing(better) === isFailing(worse))
          worseOrEqual(shown(better, later, control, ended), shown(worse, later, control, ended))
        },
      ),
      RUNS,
    )
  })

  it('where fewer tasks were solved since, or more failed', () => {
    const worseCounts = fc.record({ fewer: fc.integer({ min: 0, max: 4 }), more: fc.integer({ min: 0, max: 10 }) })
    fc.assert(
      fc.property(
        anyEvidence,
        anyControl,
        age,
        anyEnded,
        worseCounts,
        (seen, control, later, ended, { fewer, more }) => {
          const reading = readingOf(seen)
          const worse = { solved: Math.max(0, ended.solved - fewer), failed: ended.failed + more }
          worseOrEqual(shown(reading, later, control, ended), shown(reading, later, control, worse))
          // An item that was lost and counts from nothing tells nothing.
          worseOrEqual(shown(reading, later, control, ended), shown(reading, later, control))
        },
      ),
      RUNS,
    )
  })

  it('on a worse admission item', () => {
    fc.assert(
      fc.property(anyEvidence, anyControl, several(worseControl), age, (seen, control, changes, later) => {
        const reading = readingOf(seen)
        worseOrEqual(shown(reading, later, control), shown(reading, later, apply(changes, control)))
      }),
      RUNS,
    )
  })

  it('on older evidence, or on a table that has not answered for longer', () => {
    fc.assert(
      fc.property(anyEvidence, fc.option(anyControl), age, age, (seen, control, later, more) => {
        const reading = readingOf(seen)
        worseOrEqual(shown(reading, later, control), shown(reading, later + more, control))
        if (reading.kind !== 'record') return
        const silent = { kind: 'unreachable', failingSince: NOON, last: reading.record, readAt: NOON } as const
        worseOrEqual(shown(silent, later, control), shown(silent, later + more, control))
        worseOrEqual(shown(reading, later, null), shown(silent, later, null))
      }),
      RUNS,
    )
  })
})

describe('what hysteresis shows is never better', () => {
  const codes = ['queue_full=1200', 'error_rate=0.62', 'overdue=3', 'circuit_open=captchaai']
  const anySweeps = fc.array(fc.subarray(codes), { minLength: 1, maxLength: 12 })
  const verdictOf = (issues: string[]): Verdict => {
    return { status: issues.length > 0 ? 'not_ready' : 'ready', mode: 'normal', issues, warnings: [], trace: [] }
  }
  function shownAfter(sweeps: string[][], enterNotReadySweeps: number, leaveNotReadySweeps: number): Status[] {
    let last: PublishedStatus | null = null
    return sweeps.map((issues) => {
      const settings = { enterNotReadySweeps, leaveNotReadySweeps }
      last = applyHysteresis(last, verdictOf(issues), { isNewPeriod: true }, settings)
      return last.status
    })
  }
  const counts = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))

  it('after sweeps of which some were worse, so never after fewer good ones', () => {
    fc.assert(
      fc.property(anySweeps, fc.array(fc.subarray(codes)), counts, (sweeps, more, [enter, leave]) => {
        const worse = sweeps.map((issues, n) =>
          codes.filter((code) => issues.includes(code) || more[n]?.includes(code)),
        )
        const [before, after] = [shownAfter(sweeps, enter, leave), shownAfter(worse, enter, leave)]
        for (const [n, status] of before.entries()) worseOrEqual(status, after[n] ?? 'ready')
      }),
      RUNS,
    )
  })

  it('where fewer bad sweeps are enough to enter, or more good ones are wanted to leave', () => {
    fc.assert(
      fc.property(anySweeps, counts, counts, (sweeps, [enter, leave], [sooner, longer]) => {
        const before = shownAfter(sweeps, enter, leave)
        const after = shownAfter(sweeps, Math.min(enter, sooner), Math.max(leave, longer))
        for (const [n, status] of before.entries()) worseOrEqual(status, after[n] ?? 'ready')
      }),
      RUNS,
    )
  })
})
