import { describe, expect, it } from 'vitest'
import type { Admission, Control, Counters, ProviderControl } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { waitForDeadline, waitForItem } from '../../../functions/core/admission/item/waiting.ts'
import { type DriftMemory, driftAfter, type InFlightSample } from '../../../functions/core/admission/places/drift.ts'
import { shareOf } from '../../../functions/core/admission/places/shares.ts'
import { afterKeyAnswer } from '../../../functions/core/admission/route/key-rules.ts'
import { type AfterSweepSettings, controlAfterSweep } from '../../../functions/core/admission/steps/after-sweep.ts'
import { planReservation, type ReservationSettings } from '../../../functions/core/admission/steps/plan-reservation.ts'
import { observedWaits } from '../../../functions/core/admission/waits/observed-waits.ts'
import type { Priority } from '../../../functions/core/task/task.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const SETTINGS: ReservationSettings = {
  providers: [{ name: 'captchaai' }, { name: 'twocaptcha' }],
  maxInFlight: 20,
  leaseSeconds: 18,
  spendPerHour: null,
  spendPerDay: null,
}
const first = initialAdmission(['captchaai', 'twocaptcha'])
const admissionOf = (control: Partial<Control>, counts: Counters = {}): Admission => ({
  ...{ epoch: 7, counts },
  control: { ...first.control, ...control },
})
const at = (name: string, provider: Partial<ProviderControl>): Partial<Control> => ({
  providers: { ...first.control.providers, [name]: { ...initialProvider, ...provider } },
})
const plan = (
  admission: Admission,
  wanted: readonly Priority[] = ['normal', 'normal'],
  changed: Partial<ReservationSettings> = {},
) => planReservation({ admission, wanted, now: NOON, id: 'i-1' }, { ...SETTINGS, ...changed })
const asked = (made: ReturnType<typeof plan>) => (made.kind === 'reserve' ? made.change.most : null)

describe('the condition that no place is kept for a critical task', () => {
  it.each<[string, Priority[], boolean]>([
    ['normal tasks', ['normal', 'normal'], true],
    ['a critical and a normal task', ['critical', 'normal'], true],
    ['critical tasks alone', ['critical', 'critical'], false],
  ])('is part of a reservation for %s: %o %s', (_, wanted, isAsked) => {
    expect(asked(plan(admissionOf({}), wanted))).toEqual({
      inFlight: 18,
      inFlight_captchaai: 18,
      ...(isAsked ? { urgentUntil: NOON } : {}),
    })
  })

  it('is not part of it where only the critical ones of the batch find room', () => {
    const full = admissionOf({}, { inFlight: 19, inFlight_captchaai: 19 })
    expect(asked(plan(full, ['critical', 'normal']))).toEqual({ inFlight: 19, inFlight_captchaai: 19 })
  })

  it('is not part of it where a place is known to be kept, because it would refuse what the kept place allows', () => {
    const kept = admissionOf({}, { urgentUntil: NOON + 1 })
    expect(asked(plan(kept))).toEqual({ inFlight: 17, inFlight_captchaai: 17 })
  })
})

describe('why the rest waits', () => {
  it('is the limit of the fleet where the provider allows as much, and the provider where it allows less', () => {
    const waits = (threads: number | null) =>
      plan(admissionOf(at('captchaai', { threads })), ['normal'], { maxInFlight: 0 }).waiting.while
    expect(waits(null)).toBe('max_in_flight=0')
    const wanted: Priority[] = ['normal', 'normal', 'normal']
    const few = (threads: number | null) =>
      plan(admissionOf(at('captchaai', { threads })), wanted, { maxInFlight: 2 }).waiting
    expect(few(2)).toEqual({ class: 'inflight', while: 'max_in_flight=2', byTurns: true })
    expect(few(1)).toEqual({ class: 'capacity', while: 'capacity from captchaai', byTurns: true })
  })

  it('is the place at the provider where the whole fleet has room and the provider has as many as the fleet may have', () => {
    const counts = { inFlight: 0, inFlight_captchaai: 20 }
    const waiting = { class: 'inflight', while: 'max_in_flight=20', byTurns: true }
    expect(plan(admissionOf({}, counts)).waiting).toEqual(waiting)
  })

  it('is the hour where hour and day are spent alike', () => {
    const spend = { hour: '2026-11-21T12', day: '2026-11-21' }
    const spent = admissionOf({ spend }, { spentHour: 5, spentDay: 5 })
    expect(plan(spent, ['normal'], { spendPerHour: 5, spendPerDay: 5 }).waiting.while).toBe('spend_limit=hour')
  })

  it('is no limit that is not set: what was spent in the hour does not count where only the day is limited', () => {
    const spend = { hour: '2026-11-21T12', day: '2026-11-21' }
    const spent = admissionOf({ spend }, { spentHour: 90, spentDay: 90 })
    expect(plan(spent, ['normal'], { spendPerDay: 100 })).toMatchObject({
      granted: 1,
      change: { most: { spentDay: 99 }, add: { spentHour: 1, spentDay: 1 } },
    })
  })

  it.each([
    [undefined, 4500, { class: 'deadline', while: 'too_late_to_solve', atLeast: 4.5 }],
    ['capacity from captchaai', 300, { class: 'deadline', while: 'capacity from captchaai', atLeast: 1 }],
  ])('is what it was before (%s), where only the deadline is left to wait for (%i ms)', (before, ms, waiting) => {
    expect(waitForDeadline(before, ms)).toEqual(waiting)
  })

  it('is the item, where it is missing or unreadable', () => {
    expect(waitForItem('missing')).toEqual({ class: 'store', while: 'admission_missing' })
    expect(waitForItem('unreadable')).toEqual({ class: 'store', while: 'admission_unreadable' })
  })
})

describe('a probe', () => {
  const due = { state: 'open', since: NOON - 10_000, until: NOON, seconds: 10, cause: 'X' } as const
  const away = { ...first.control.route, active: 'twocaptcha' }

  it('goes to a preferred provider and never to one that is preferred less than the active one', () => {
    expect(plan(admissionOf(at('twocaptcha', { breaker: due })))).toMatchObject({ provider: 'captchaai', granted: 2 })
  })

  it('goes to the preferred provider from the very end of its wait', () => {
    const hold = (until: number) => ({ until, class: 'rate', code: 'X' }) as const
    const probing = (until: number) =>
      plan(admissionOf({ ...at('captchaai', { breaker: due, hold: hold(until) }), route: away }))
    expect(probing(NOON)).toMatchObject({ provider: 'captchaai', granted: 1 })
    expect(probing(NOON + 1)).toMatchObject({ provider: 'twocaptcha', granted: 2 })
  })

  it('is one task: the others of its batch wait as long as its lease may last', () => {
    const made = plan(admissionOf(at('captchaai', { breaker: due })))
    expect(made).toMatchObject({ granted: 1, waiting: { while: 'circuit_open=captchaai', atLeast: 18 } })
  })

  it('is limited by nothing of a ramp: its write asks for places only', () => {
    const made = plan(admissionOf(at('captchaai', { breaker: due }), { ramped_captchaai: 999 }))
    expect(asked(made)).toEqual({ inFlight: 19, inFlight_captchaai: 19, urgentUntil: NOON })
  })
})

it('a fleet without a provider says so', () => {
  expect(() => plan(admissionOf({}), ['normal'], { providers: [] })).toThrow('there is no provider')
})

describe('places that no task has', () => {
  const sample = (second: number, counted: number, polls = 0): InFlightSample => ({
    ...{ at: NOON + second * 1000, counted, polls },
    ...{ accepted: 9, settled: 9, refused: 0 },
  })
  const memory = (second: number, counted: number, surplus: DriftMemory['surplus']): DriftMemory => ({
    sample: sample(second, counted),
    surplus,
  })

  it('are given back 75 s after the first sweep that saw them, not a second sooner', () => {
    const before = memory(44, 2, { since: NOON, tasks: 2 })
    expect(driftAfter(before, sample(74, 2)).surplus).toBe(0)
    expect(driftAfter(before, sample(75, 2)).surplus).toBe(2)
  })

  it('are not in the next sample any more, so that they are not given back twice', () => {
    const given = driftAfter(memory(60, 5, { since: NOON, tasks: 2 }), sample(120, 5, 3))
    expect(given).toEqual({ memory: { sample: sample(120, 3, 3), surplus: null }, surplus: 2 })
    expect(driftAfter(given.memory, sample(180, 3, 3))).toEqual({
      memory: { sample: sample(180, 3, 3), surplus: null },
      surplus: 0,
    })
  })

  it('are counted from the first sweep that found one, not from one that found none', () => {
    const none = driftAfter({ sample: sample(0, 0), surplus: null }, sample(60, 2))
    expect(none.memory.surplus).toBeNull()
    expect(driftAfter(none.memory, sample(120, 2)).memory.surplus).toEqual({ since: NOON + 60_000, tasks: 2 })
  })
})

describe('the control after a sweep', () => {
  const settings: AfterSweepSettings = {
    ...{ breakerFirstOpenSeconds: 10, breakerOpenSeconds: 60, breakerSuccesses: 3 },
    ...{ dwellSeconds: 120, failoverSweeps: 2, failbackSweeps: 5, maxInFlight: 100 },
  }
  const swept = (before: Partial<Control>, answered: boolean | null, settledPerSecond: number | null = null) => {
    const found = {
      name: 'captchaai',
      answered,
      isBack: false,
      isSound: true,
      threads: null,
      submits: { sent: 0, failed: 0, slow: 0 },
    }
    const quiet = { mode: 'normal', calledBack: null, solveSeconds: {}, isActiveBad: false } as const
    return controlAfterSweep(
      { ...first.control, ...before },
      { ...quiet, settledPerSecond, providers: [found], isNewPeriod: true, demand: true },
      NOON,
      settings,
    )
  }

  it.each([true, false, null])(
    'ends a wait for funds only where the account was asked and answered (%s)',
    (answered) => {
      const hold = { until: NOON + 60_000, class: 'funds', code: 'X' } as const
      const after = swept(at('captchaai', { hold }), answered).providers.captchaai?.hold
      expect(after).toEqual(answered === true ? null : hold)
    },
  )

  it.each([
    [10, 12, 10],
    [10, 12.1, 12],
    [10, 8, 10],
    [10, 7.9, 7.9],
    [10, 11, 10],
    [null, 0, 0],
  ])('knows the drain rate anew only where it changed by more than a fifth: %s, then %s: %s', (before, now, drain) => {
    expect(swept({ drainPerSecond: before }, true, now).drainPerSecond).toBe(drain)
  })
})

describe('an accepted key', () => {
  it('leaves the refusal of another one known, while both are in use, and ends its own', () => {
    const refused = { fingerprint: 'old', at: NOON, code: 'ERROR_WRONG_USER_KEY' }
    const both = { good: 'new', refused, lease: null }
    expect(afterKeyAnswer(both, { fingerprint: 'new', code: null, at: NOON }, 'i-1')).toEqual(both)
    const again = afterKeyAnswer(both, { fingerprint: 'old', code: null, at: NOON }, 'i-1')
    expect(again).toEqual({ good: 'old', refused: null, lease: null })
  })
})

describe('the observed waits', () => {
  const only = (n: number, counts: readonly number[]) => [...Array.from({ length: n }, () => 0), ...counts]

  it('of two schedules that find solutions equally soon are the one with fewer polls', () => {
    // From 20 to 25 s: a poll at 10 or 15 s would find nothing that the one at 20 s does not.
    const { turnstile } = observedWaits({ turnstile: only(6, [100, 0, 0, 0, 0, 0, 0, 0]) })
    expect(turnstile).toMatchObject({ first: 20, interval: 5 })
  })

  it.each([
    ['equally soon with fewer polls', [96, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0], { first: 8, interval: 7 }],
    [
      'alike in both: the one that asks again sooner',
      [128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      { first: 8, interval: 3 },
    ],
  ])('are, of two schedules that find solutions %s, always the same one', (_, times, waits) => {
    expect(observedWaits({ userrecaptcha: times }).userrecaptcha).toMatchObject(waits)
  })

  it('may cost three polls a task exactly', () => {
    const { userrecaptcha } = observedWaits({ userrecaptcha: [64, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0, 0] })
    expect(userrecaptcha).toMatchObject({ first: 8, interval: 4 })
  })

  it('tell in which time the first tenth was solved, the tenth itself included', () => {
    const fast = (counts: number[]) => observedWaits({ turnstile: only(4, counts) }).turnstile?.fast
    // Eight points of a tenth each, from 15.3 s on.
    expect(fast([80, 0, 20, 0, 0, 0, 0, 0, 0, 0])).toBe(15)
    expect(fast([0, 0, 0, 0, 0, 80, 20, 0, 0, 0])).toBe(61)
    expect(fast([8, 0, 92, 0, 0, 0, 0, 0, 0, 0])).toBe(25)
  })
})

it.each([
  ['normal', 'low', 20, 1],
  ['degraded', 'low', 20, 0.5],
  ['degraded', 'normal', 5, 1],
  ['degraded', 'normal', 10, 0.9],
  ['emergency', 'low', 20, 0.05],
  ['emergency', 'high', 0, 0],
  ['normal', 'critical', 1, 1],
] as const)('in mode %s priority %s is admitted to a share of %i places: %d', (mode, priority, limit, share) => {
  expect(shareOf(limit, mode, priority)).toBe(share)
})
