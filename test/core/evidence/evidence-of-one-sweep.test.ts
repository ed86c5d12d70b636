import { describe, expect, it } from 'vitest'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { buildEvidence, type Observations } from '../../../functions/core/evidence/build-evidence.ts'
import { demandSecondsAt, waitingSinceOf } from '../../../functions/core/evidence/demand.ts'
import type { Evidence } from '../../../functions/core/evidence/evidence.ts'
import { activeOf } from '../../../functions/core/evidence/fleet-control.ts'
import { advanceRecovery } from '../../../functions/core/evidence/recovery.ts'
import { accumulate, startFrom } from '../../../functions/core/evidence/sweep-accumulator.ts'
import { EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import { evidence, HOUR, MINUTE, minute, NOON, paidByBalance, provider, SECOND, totals } from '../../build/evidence.ts'
import { expired, failed, outcome, parked, polled, solved } from '../../build/outcomes.ts'

const at = (seconds: number) => NOON + seconds * SECOND
const { control } = initialAdmission(['captchaai', 'twocaptcha'])
const build = (changes: Partial<Observations>, before: Evidence | null = null) =>
  buildEvidence(
    before,
    {
      ...{ now: NOON, watermark: NOON, totals: EMPTY_SUMMARY, minutes: [], accumulator: startFrom(null, NOON) },
      ...{
        queue: { waiting: 0, available: 0, inFlight: 0, deadLetters: 0 },
        providers: [provider()],
        spendLimit: null,
      },
      ...{ breakerClosedAt: null, control: null, ended: null, isNewPeriod: true },
      ...changes,
    },
    { sweepSeconds: 60, emergencyErrorRate: 0.5 },
  )

describe('the first sweep', () => {
  it('has counted nothing, waited for nothing and recovered from nothing', () => {
    expect(build({})).toMatchObject({
      ...{ startedAt: NOON, demandSeconds: 0, waitingSince: null, backlogSeconds: 0, badRateSweeps: 0 },
      ...{ usableAgainAt: null, recovery: null, unproven: false, pause: null, activeProvider: 'captchaai' },
    })
  })

  it('holds old failures against a fleet that is asked, and not against one that nobody asks', () => {
    const old = totals({ lastFailureAt: NOON - HOUR })
    const asked = { waiting: 0, available: 0, inFlight: 1, deadLetters: 0 }
    expect([build({ totals: old, queue: asked }).unproven, build({ totals: old }).unproven]).toEqual([false, true])
  })

  it('does not take tasks that waited before it for a wait that it saw', () => {
    const queue = { waiting: 5, available: 5, inFlight: 0, deadLetters: 0 }
    expect(build({ queue })).toMatchObject({ waitingSince: NOON, backlogSeconds: 0 })
    expect(build({ queue, totals: totals({ oldestParkedAt: NOON - 50_000 }) }).waitingSince).toBe(NOON)
  })
})

describe('what the admission item says', () => {
  it('is in the evidence: the pause, the route and each breaker', () => {
    const pause = { by: 'ops/anna', at: NOON, reason: 'moving house' }
    const breaker: Breaker = { state: 'open', since: at(-9), until: at(1), seconds: 10, cause: 'HTTP_502' }
    const providers = { ...control.providers, twocaptcha: { ...initialProvider, breaker } }
    const route = { ...control.route, active: 'twocaptcha' }
    const found = build({
      control: { ...control, pause, providers, route },
      providers: [provider(), paidByBalance()],
    })
    expect(found).toMatchObject({ pause, activeProvider: 'twocaptcha' })
    expect(found.providers.map((facts) => [facts.breaker.state, facts.breaker.since, facts.unusableSince])).toEqual([
      ['closed', null, null],
      ['open', at(-9), at(-9)],
    ])
  })

  it.each([
    ['twocaptcha', ['captchaai', 'twocaptcha'], 'twocaptcha'],
    ['gone', ['captchaai', 'twocaptcha'], 'captchaai'],
    ['captchaai', [], null],
  ])('names %s as the way of %o: new tasks go to %s', (active, names, expected) => {
    expect(activeOf({ ...control, route: { ...control.route, active } }, names)).toBe(expected)
    expect(activeOf(null, names)).toBe(names[0] ?? null)
  })
})

describe('an account that answers after several lost calls', () => {
  const breaker = (state: 'open' | 'half_open'): Breaker =>
    state === 'open'
      ? { state, since: at(-9), until: at(1), seconds: 10, cause: 'HTTP_502' }
      : { state, since: at(-9), seconds: 10, successes: 1, lease: null }
  const seen = (state: 'open' | 'half_open' | null, backAt: number | null) => {
    const captchaai = state === null ? initialProvider : { ...initialProvider, breaker: breaker(state) }
    const found = { control: { ...control, providers: { captchaai } }, providers: [provider({ backAt })] }
    return build(found).providers[0]?.breaker
  }
  it('half-opens its breaker in the sweep that asked it, and changes no other one', () => {
    expect(seen('open', NOON)).toEqual({ state: 'half_open', since: NOON, cause: null, isProven: false })
    expect(seen('open', NOON - 1)).toMatchObject({ state: 'open', since: at(-9) })
    expect(seen('open', null)).toMatchObject({ state: 'open', since: at(-9) })
    expect(seen('half_open', NOON)).toEqual({ state: 'half_open', since: at(-9), cause: null, isProven: true })
    expect(seen(null, NOON)).toMatchObject({ state: 'closed', since: null })
  })
})

describe('whether a provider can be used', () => {
  const lost = provider({ lostCalls: 3, lostSince: at(-60) })
  const halfOpen: Breaker = { state: 'half_open', since: at(-9), seconds: 10, successes: 0, lease: null }
  const probing = { ...control, providers: { captchaai: { ...initialProvider, breaker: halfOpen } } }
  const asked = { waiting: 0, available: 0, inFlight: 1, deadLetters: 0 }
  it('is judged by what was solved, by whether tasks are there, and as of the sweep', () => {
    const since = (changes: Partial<Observations>) => build(changes).providers[0]?.unusableSince
    expect(since({ providers: [lost], totals: totals({ lastSolveAt: at(-60) }) })).toBeNull()
    expect(since({ providers: [lost], totals: totals({ lastSolveAt: at(-61) }) })).toBe(NOON)
    expect(since({ providers: [{ ...lost, checkedAt: null }] })).toBe(NOON)
    expect(since({ control: probing })).toBeNull()
    expect(since({ control: probing, queue: asked })).toBe(at(-9))
  })
})

describe('the error rate', () => {
  const minutes = [minute(NOON - MINUTE, { solved: 10, counted: 30 })]
  const since = (solves: number) => ({
    ...{ at: NOON - MINUTE, solved: solves },
    minutes: [{ at: NOON - MINUTE, solved: 9, counted: 1 }],
  })
  const accumulator = startFrom(null, NOON)
  it('is that of the tasks since a recovery that three solves prove, and else that of all', () => {
    expect(build({ minutes }).errorRate).toBe(0.75)
    expect(build({ minutes, accumulator: { ...accumulator, recovery: since(3) } }).errorRate).toBe(0.1)
    expect(build({ minutes, accumulator: { ...accumulator, recovery: since(2) } }).errorRate).toBe(0.75)
  })

  it('is that of all again once the recovery is longer ago than any task can live', () => {
    const old = { ...since(3), at: NOON - 2 * HOUR }
    expect(build({ minutes, accumulator: { ...accumulator, recovery: old } })).toMatchObject({
      ...{ errorRate: 0.75, recovery: null },
    })
  })
})

describe('a recovery', () => {
  const begun = { at: NOON, solved: 1, minutes: [{ at: NOON, solved: 1, counted: 0 }] }
  const lastMinute = (...events: Parameters<typeof outcome>[1]) =>
    advanceRecovery(begun, outcome(at(70), events), null)?.minutes.at(-1)

  it('counts an expired task that was submitted from its first solve on, to the millisecond', () => {
    expect(lastMinute(expired(at(70), NOON))).toEqual({ at: at(60), solved: 0, counted: 1 })
    expect(lastMinute(expired(at(70), NOON - 1))).toEqual({ at: at(60), solved: 0, counted: 0 })
    expect(lastMinute(failed(at(70)), expired(at(70), NOON - 1))).toEqual({ at: at(60), solved: 0, counted: 1 })
    expect(lastMinute(failed(at(70), false))).toEqual({ at: at(60), solved: 0, counted: 0 })
  })

  it('begins again where the fleet was still failing when it began', () => {
    const item = outcome(at(70), [solved(at(70)), solved(at(70))])
    expect(advanceRecovery(begun, item, NOON)).toMatchObject({ at: at(70), solved: 2 })
    expect(advanceRecovery(begun, item, NOON - 1)).toMatchObject({ at: NOON, solved: 3 })
  })

  it('keeps the minutes of the last ten, each once', () => {
    const times = [0, 1, 60, 540, 600, 601]
    const items = times.map((seconds) => outcome(at(seconds), [solved(at(seconds))]))
    const kept = items.reduce((recovery, item) => advanceRecovery(recovery, item, at(-1)) ?? recovery, begun)
    expect(kept.minutes.map((one) => [(one.at - NOON) / MINUTE, one.solved])).toEqual([
      [1, 1],
      [9, 1],
      [10, 2],
    ])
  })
})

describe('what a sweep reads', () => {
  const last = (isFailing: boolean | undefined) =>
    startFrom(
      {
        evidence: evidence({ totals: totals({ lastSolveAt: at(-90) }) }),
        sweptAt: at(-60),
        ...(isFailing === undefined ? {} : { isFailing }),
      },
      NOON,
    )

  it('begins a recovery where the last sweep found that nothing is solved, by an outcome that it had not read', () => {
    const solve = (seconds: number) => [outcome(at(seconds), [solved(at(seconds))])]
    expect([true, false, undefined].map((was) => last(was).failingUntil)).toEqual([at(-60), null, null])
    expect(accumulate(last(true), solve(-59), NOON).recovery).toMatchObject({ at: at(-59), solved: 1 })
    expect(accumulate(last(true), solve(-60), NOON).recovery).toBeNull()
    expect(accumulate(last(false), solve(-59), NOON).recovery).toBeNull()
  })

  it('says nothing of demand where an old outcome was written late and nothing was solved in it', () => {
    const begun = { ...last(false), demand: { counted: 9000, openSince: at(-60), lastActivityAt: null } }
    expect(accumulate(begun, [outcome(at(-70), [polled(at(-70))])], NOON).demand).toEqual(begun.demand)
  })

  it('knows the oldest parked task also where other outcomes have none', () => {
    const items = [outcome(at(-9), [polled(at(-9))]), outcome(at(-5), [parked(at(-5), at(-50))])]
    expect(accumulate(last(false), items, NOON).oldestParkedAt).toBe(at(-50))
    expect(accumulate(last(false), items.slice(0, 1), NOON).oldestParkedAt).toBeNull()
  })

  it('keeps the oldest parked task and the latest outcome, whichever is read first', () => {
    const items = [3, 9, 5].map((ago) => outcome(at(-ago), [parked(at(-ago), at(-ago * 10))]))
    const read = accumulate(last(false), items, NOON)
    expect(read).toMatchObject({ oldestParkedAt: at(-90), lastOutcomeAt: at(-3) })
    const more = accumulate(read, [outcome(at(-20), [parked(at(-20), at(-40))])], NOON)
    expect(more).toMatchObject({ oldestParkedAt: at(-90), lastOutcomeAt: at(-3) })
  })
})

describe('demand and waits of clocks that do not agree', () => {
  it('a demand that begins after the sweep counts nothing, and takes nothing away', () => {
    expect(demandSecondsAt({ counted: 7000, openSince: at(5), lastActivityAt: at(5) }, true, NOON, 180)).toBe(7)
  })

  it('a wait begins with the sweep where the last sweep was ahead of it', () => {
    const now = { waiting: 1, at: NOON, totals: EMPTY_SUMMARY }
    expect(waitingSinceOf(now, { waitingSince: null, at: at(30) }, 180)).toBe(NOON)
  })
})
