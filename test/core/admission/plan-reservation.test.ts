import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  Admission,
  Control,
  Counters,
  Mode,
  ProviderControl,
} from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { capOf } from '../../../functions/core/admission/places/shares.ts'
import {
  optimistic,
  planReservation,
  type ReservationPlan,
  type ReservationSettings,
} from '../../../functions/core/admission/steps/plan-reservation.ts'
import { byUrgency } from '../../../functions/core/admission/waits/effective-priority.ts'
import type { Priority } from '../../../functions/core/task/task.ts'
import { memoryAdmissionStore } from '../../../sim/memory/admission-store.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const SETTINGS: ReservationSettings = {
  providers: [{ name: 'captchaai' }, { name: 'twocaptcha', submitRate: { burst: 12, perSecond: 12 } }],
  maxInFlight: 20,
  leaseSeconds: 18,
  spendPerHour: null,
  spendPerDay: null,
}
const BUSY = 'busyUntil_twocaptcha'
const first = initialAdmission(['captchaai', 'twocaptcha'])
const withControl = (change: Partial<Control>, counts: Counters = {}): Admission => ({
  epoch: 7,
  counts,
  control: { ...first.control, ...change },
})
const withProvider = (change: Partial<ProviderControl>, counts: Counters = {}): Admission =>
  withControl({ providers: { captchaai: { ...initialProvider, ...change } } }, counts)
const onBackup = { route: { ...first.control.route, active: 'twocaptcha' } }
const normal = (count: number): Priority[] => Array.from({ length: count }, () => 'normal')
const plan = (
  admission: Admission,
  wanted: readonly Priority[] = normal(10),
  settings: Partial<ReservationSettings> = {},
  now = NOON,
): ReservationPlan => planReservation({ admission, wanted, now, id: 'i-1' }, { ...SETTINGS, ...settings })

describe('a plan', () => {
  it('reserves room for the whole batch in the fleet and at the provider, fenced by the epoch', () => {
    expect(plan(withControl({}))).toEqual({
      kind: 'reserve',
      granted: 10,
      provider: 'captchaai',
      change: {
        epoch: 7,
        most: { inFlight: 10, inFlight_captchaai: 10, urgentUntil: NOON },
        add: { inFlight: 10, inFlight_captchaai: 10 },
        set: {},
      },
      waiting: { class: 'inflight', while: 'max_in_flight=20', byTurns: true },
    })
  })

  it('grants what is left of the limit, and nothing at the limit', () => {
    expect(plan(withControl({}, { inFlight: 17, inFlight_captchaai: 17 }))).toMatchObject({
      granted: 3,
      change: { most: { inFlight: 17 }, add: { inFlight: 3 } },
    })
    expect(plan(withControl({}, { inFlight: 20 }))).toEqual({
      kind: 'wait',
      waiting: { class: 'inflight', while: 'max_in_flight=20', byTurns: true },
    })
  })

  it('counts what other providers have in flight against maxInFlight, and not against the threads here', () => {
    const counts = { inFlight: 15, inFlight_twocaptcha: 15 }
    expect(plan(withProvider({ threads: 4 }, counts))).toMatchObject({ granted: 4, waiting: { class: 'capacity' } })
    expect(plan(withProvider({ threads: 8 }, counts))).toMatchObject({ granted: 5, waiting: { class: 'inflight' } })
  })

  it('grants nothing while the key of the provider is refused, and goes on with a key that is good since', () => {
    const refused = { fingerprint: 'abcd0123', at: NOON, code: 'ERROR_KEY_DOES_NOT_EXIST' }
    const waiting = { class: 'auth', while: 'ERROR_KEY_DOES_NOT_EXIST from captchaai' }
    expect(plan(withProvider({ key: { good: null, refused, lease: null } }))).toEqual({ kind: 'wait', waiting })
    expect(plan(withProvider({ key: { good: '0123abcd', refused, lease: null } }))).toMatchObject({ granted: 10 })
  })

  it('sends one task to the preferred provider as a probe when its open period is over, and the others to the backup', () => {
    const breaker = { state: 'open', since: NOON - 9000, until: NOON, seconds: 10, cause: 'test' } as const
    const { providers } = first.control
    const at = (now: number, left: Partial<ProviderControl> = {}) => {
      const away = { ...onBackup, providers: { ...providers, captchaai: { ...initialProvider, breaker, ...left } } }
      return plan(withControl(away), normal(10), {}, now)
    }
    expect(at(NOON - 1)).toMatchObject({ provider: 'twocaptcha', granted: 10 })
    expect(at(NOON)).toMatchObject({
      provider: 'captchaai',
      granted: 1,
      change: { control: { providers: { captchaai: { breaker: { state: 'half_open', lease: { id: 'i-1' } } } } } },
    })
    const lease = { id: 'i-0', until: NOON + 1000 }
    const probing = { state: 'half_open', since: NOON, seconds: 10, successes: 0, lease } as const
    expect(at(NOON, { breaker: probing })).toMatchObject({ provider: 'twocaptcha', granted: 10 })
    const hold = { until: NOON + 1, class: 'rate', code: 'MAX_USER_TURN' } as const
    expect(at(NOON, { hold })).toMatchObject({ provider: 'twocaptcha' })
  })

  it('grants one task more than the learned limit when its wait is over', () => {
    const learned = { limit: 2, at: NOON - 60_000, raiseAfterSeconds: 60 }
    expect(plan(withProvider({ learned }))).toMatchObject({ granted: 3 })
  })

  it.each<[string, Partial<ProviderControl>, number]>([
    ['the threads of the plan', { threads: 3 }, 3],
    ['the learned limit', { learned: { limit: 2, at: NOON, raiseAfterSeconds: 60 } }, 2],
    ['the smaller of both', { threads: 3, learned: { limit: 2, at: NOON, raiseAfterSeconds: 60 } }, 2],
    ['no threads at all', { threads: 0 }, 0],
  ])('never exceeds %s', (_, change, granted) => {
    const made = plan(withProvider(change))
    const room = granted === 0 ? { kind: 'wait' } : { kind: 'reserve', granted }
    expect(made).toMatchObject({ ...room, waiting: { class: 'capacity', while: 'capacity from captchaai' } })
  })

  it.each<[Mode, Priority, number]>([
    ['normal', 'low', 20],
    ['degraded', 'high', 20],
    ['degraded', 'normal', 18],
    ['degraded', 'low', 10],
    ['emergency', 'critical', 20],
    ['emergency', 'high', 5],
    ['emergency', 'normal', 1],
    ['emergency', 'low', 1],
  ])('in mode %s lets priority %s fill %i of 20', (mode, priority, most) => {
    const wanted = Array.from({ length: 30 }, () => priority)
    expect(plan(withControl({ mode }), wanted)).toMatchObject({ granted: most })
    expect(plan(withControl({ mode }, { inFlight: most }), wanted)).toMatchObject({ kind: 'wait' })
  })

  it('in an emergency the urgent go, and the others only where nothing is in flight', () => {
    const wanted: Priority[] = ['critical', 'critical', 'high', 'normal', 'low']
    expect(plan(withControl({ mode: 'emergency' }), wanted)).toMatchObject({ granted: 3 })
    expect(plan(withControl({ mode: 'emergency' }, { inFlight: 4 }), wanted)).toMatchObject({ granted: 2 })
    expect(plan(withControl({ mode: 'emergency' }), ['low', 'low'])).toMatchObject({
      granted: 1,
      change: { most: { inFlight: 0 } },
    })
  })

  it('says why nothing may be bought: a pause, a hold, an open breaker, a lease that another one has', () => {
    const pause = { by: 'kim', at: NOON, reason: 'plan change' }
    expect(plan(withControl({ pause }))).toEqual({ kind: 'wait', waiting: { class: 'inflight', while: 'paused' } })
    const hold = { until: NOON + 4500, class: 'rate', code: 'MAX_USER_TURN' } as const
    expect(plan(withProvider({ hold }))).toEqual({
      kind: 'wait',
      waiting: { class: 'rate', while: 'MAX_USER_TURN from captchaai', atLeast: 4.5 },
    })
    expect(plan(withProvider({ hold }), normal(1), {}, NOON + 4500)).toMatchObject({ granted: 1 })
    const open = { state: 'open', since: NOON - 1000, until: NOON + 9000, seconds: 10, cause: 'HTTP_502' } as const
    const circuit = { class: 'transient', while: 'circuit_open=captchaai', atLeast: 9 }
    expect(plan(withProvider({ breaker: open }))).toEqual({ kind: 'wait', waiting: circuit })
    const lease = { id: 'i-0', until: NOON + 9000 }
    const half = { state: 'half_open', since: NOON, seconds: 10, successes: 1, lease } as const
    expect(plan(withProvider({ breaker: half }))).toEqual({ kind: 'wait', waiting: circuit })
  })

  it('lets one task in the whole fleet through a breaker whose open period is over, under a lease', () => {
    const breaker = { state: 'open', since: NOON - 10_000, until: NOON, seconds: 10, cause: 'HTTP_502' } as const
    const lease = { id: 'i-1', until: NOON + 18_000 }
    const probing = { state: 'half_open', since: NOON, seconds: 10, successes: 0, lease }
    const made = plan(withProvider({ breaker }))
    expect(made).toMatchObject({
      granted: 1,
      change: { epoch: 7, add: { inFlight: 1 }, control: { providers: { captchaai: { breaker: probing } } } },
    })
    const half = { state: 'half_open', since: NOON - 5000, seconds: 20, successes: 2 } as const
    const taken = { ...half, lease: { id: 'i-0', until: NOON } }
    expect(plan(withProvider({ breaker: taken }))).toMatchObject({
      granted: 1,
      change: { control: { providers: { captchaai: { breaker: { ...half, lease } } } } },
    })
  })

  it('goes slowly after an outage, by the budget of the ramp', () => {
    const breaker = { state: 'closed', submit: null, result: null, rampSince: NOON - 1000 } as const
    expect(plan(withProvider({ breaker }, { ramped_captchaai: 7 }))).toMatchObject({
      granted: 3,
      change: { most: { ramped_captchaai: 7 }, add: { ramped_captchaai: 3 } },
      waiting: { while: 'ramp=captchaai' },
    })
    expect(plan(withProvider({ breaker }), normal(10), { maxInFlight: 4 })).toMatchObject({ granted: 4 })
  })

  it('goes to the active provider only, and to the first one where the active one is not configured any more', () => {
    expect(plan(withControl(onBackup))).toMatchObject({ provider: 'twocaptcha' })
    const gone = { route: { ...first.control.route, active: 'elsewhere' } }
    expect(plan(withControl(gone))).toMatchObject({ provider: 'captchaai' })
  })

  it('takes from the leaky bucket of a provider that has one: 12 at once, then 12 a second', () => {
    const all = { maxInFlight: 100 }
    expect(plan(withControl(onBackup), normal(20), all)).toMatchObject({
      granted: 12,
      change: { most: { [BUSY]: NOON }, set: { [BUSY]: NOON + 12 * 84 } },
      waiting: { class: 'rate' },
    })
    expect(plan(withControl(onBackup, { [BUSY]: NOON + 504 }), normal(20), all)).toMatchObject({
      granted: 6,
      change: { most: { [BUSY]: NOON + 504 }, add: { [BUSY]: 504 } },
    })
    expect(plan(withControl(onBackup, { [BUSY]: NOON + 12 * 84 }), normal(1), all)).toMatchObject({ kind: 'wait' })
  })

  it('counts charges of the hour and the day, and begins an hour in the same write', () => {
    const limits = { spendPerHour: 10, spendPerDay: 30 }
    const spend = { hour: '2026-11-21T12', day: '2026-11-21' }
    expect(plan(withControl({ spend }, { spentHour: 6, spentDay: 6 }), normal(10), limits)).toMatchObject({
      granted: 4,
      change: { most: { spentHour: 6, spentDay: 26 }, add: { spentHour: 4, spentDay: 4 } },
      waiting: { class: 'spend', while: 'spend_limit=hour' },
    })
    const before = { hour: '2026-11-21T11', day: '2026-11-21' }
    const begun = plan(withControl({ spend: before }, { spentHour: 10, spentDay: 25 }), normal(10), limits)
    expect(begun).toMatchObject({
      granted: 5,
      change: {
        most: { spentDay: 25 },
        add: { spentDay: 5 },
        set: { spentHour: 5 },
        control: { spend: { hour: '2026-11-21T12', day: '2026-11-21' } },
      },
      waiting: { while: 'spend_limit=day' },
    })
    expect(plan(withControl({}), normal(3), limits)).toMatchObject({
      change: { set: { spentHour: 3, spentDay: 3 }, control: { spend } },
    })
  })

  it('keeps one place while a critical task waits for room, and asks for that where it does not know', () => {
    const waiting = { inFlight: 17, urgentUntil: NOON + 1 }
    expect(plan(withControl({}, waiting))).toMatchObject({ granted: 2, change: { most: { inFlight: 17 } } })
    expect(plan(withControl({}, waiting), ['critical', 'normal', 'normal', 'normal'])).toMatchObject({ granted: 2 })
    expect(plan(withControl({}, { ...waiting, inFlight: 19 }))).toMatchObject({ kind: 'wait' })
    expect(plan(withControl({}, { ...waiting, inFlight: 19 }), ['critical'])).toMatchObject({
      granted: 1,
      change: { most: { inFlight: 19, inFlight_captchaai: 19 } },
    })
    expect(plan(withControl({}, waiting), normal(10), {}, NOON + 1)).toMatchObject({
      granted: 3,
      change: { most: { urgentUntil: NOON + 1 } },
    })
  })

  it('as if nothing were in flight: the first try forgets the counts, and keeps what is known of the rate', () => {
    const known = withControl(onBackup, { inFlight: 20, [BUSY]: NOON + 5, urgentUntil: NOON + 7 })
    expect(optimistic(known)).toEqual({ ...known, counts: { [BUSY]: NOON + 5, urgentUntil: NOON + 7 } })
  })
})

const priority = fc.constantFrom<Priority>('low', 'normal', 'high', 'critical')
const mode = fc.constantFrom<Mode>('normal', 'degraded', 'emergency')
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      wanted: fc.array(priority, { minLength: 1, maxLength: 10 }),
      blind: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('giveBack' as const), count: fc.integer({ min: 1, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('mode' as const), mode }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), milliseconds: fc.integer({ min: 0, max: 4000 }) }),
  },
)

describe('whoever reserves, and however little they know', () => {
  it('a plan made from the stored item fits it, and no bound is ever passed, not by one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 40 }),
        fc.record({
          maxInFlight: fc.integer({ min: 1, max: 30 }),
          spendPerHour: fc.option(fc.integer({ min: 0, max: 60 })),
          spendPerDay: fc.option(fc.integer({ min: 0, max: 60 })),
        }),
        fc.option(fc.integer({ min: 0, max: 12 })),
        async (events, limits, threads) => {
          const settings = { ...SETTINGS, ...limits }
          const twocaptcha = { ...initialProvider, threads }
          const begun = withControl({ ...onBackup, providers: { twocaptcha } })
          const store = memoryAdmissionStore({ kind: 'admission', admission: begun })
          const submits: number[] = []
          let inFlight = 0
          let reserved = 0
          let now = NOON
          let stale = begun
          for (const one of events) {
            const reading = store.stored()
            if (reading.kind !== 'admission') throw new Error('the item is gone')
            if (one.kind === 'wait') now += one.milliseconds
            if (one.kind === 'mode') {
              const control = { ...reading.admission.control, mode: one.mode }
              await store.write({ epoch: reading.admission.epoch, control })
            }
            if (one.kind === 'giveBack') {
              const count = Math.min(one.count, inFlight)
              inFlight -= count
              await store.write({ add: { inFlight: -count, inFlight_twocaptcha: -count } })
            }
            if (one.kind !== 'reserve') continue
            const wanted = [...one.wanted].sort(byUrgency)
            const from = one.blind ? optimistic(stale) : reading.admission
            const made = planReservation({ admission: from, wanted, now, id: 'i' }, settings)
            if (made.kind === 'wait') continue
            const answer = await store.write(made.change)
            if (!one.blind) expect(answer.applied).toBe(true)
            if (answer.reading.kind === 'admission') stale = answer.reading.admission
            if (!answer.applied) continue
            const limit = Math.min(limits.maxInFlight, threads ?? Number.POSITIVE_INFINITY)
            const last = wanted[made.granted - 1] ?? 'low'
            inFlight += made.granted
            reserved += made.granted
            for (let n = 0; n < made.granted; n += 1) submits.push(now)
            expect(inFlight).toBeLessThanOrEqual(capOf(limit, from.control.mode, last))
            expect(reserved).toBeLessThanOrEqual(limits.spendPerHour ?? Number.POSITIVE_INFINITY)
            expect(reserved).toBeLessThanOrEqual(limits.spendPerDay ?? Number.POSITIVE_INFINITY)
            expect(submits.filter((at) => at > now - 3000).length).toBeLessThanOrEqual(60)
            expect(stale.counts.inFlight).toBe(inFlight)
            expect(stale.counts.inFlight_twocaptcha).toBe(inFlight)
          }
        },
      ),
      { seed: 20261121, numRuns: 500 },
    )
  })
})

describe('the whole write, where many limits take part at once', () => {
  const LIMITS = { spendPerHour: 300, spendPerDay: 2000, maxInFlight: 60 }
  const TODAY = { hour: '2026-11-21T12', day: '2026-11-21' }
  const counts = {
    ...{ inFlight: 31, inFlight_captchaai: 22, inFlight_twocaptcha: 9, spentHour: 71, spentDay: 803 },
    ...{ ramped_twocaptcha: 17, ramped_captchaai: 900, urgentUntil: NOON + 4000, turnsUntil: NOON + 70_000 },
    ...{ solved: 5000, failed: 400, busyUntil_captchaai: NOON + 99_000 },
  }
  const ramping = { state: 'closed', submit: null, result: null, rampSince: NOON - 7000, seconds: 40 } as const
  const learned = { limit: 28, at: NOON - 3000, raiseAfterSeconds: 20 }
  const twocaptcha: ProviderControl = { ...initialProvider, breaker: ramping, threads: 30, learned }
  const known = (change: Partial<Control> = {}, more: Counters = {}) =>
    withControl(
      { ...onBackup, mode: 'degraded', providers: { ...first.control.providers, twocaptcha }, spend: TODAY, ...change },
      { ...counts, ...more },
    )
  const WANTED: Priority[] = ['critical', 'high', 'normal', 'low', 'low']

  it('asks for and adds to each counter, of this provider only', () => {
    // The ramp has allowed 5 + 25 + 2 × 10 so far. A critical task keeps one of the 28 places, of which a normal task
    // may fill 26; tasks of low priority find no place, because more than half of the 60 are taken.
    expect(plan(known({}, { [BUSY]: NOON + 300 }), WANTED, LIMITS)).toEqual({
      kind: 'reserve',
      granted: 3,
      provider: 'twocaptcha',
      change: {
        epoch: 7,
        most: {
          ...{ spentHour: 297, spentDay: 1997, [BUSY]: NOON + 12 * 84 - 3 * 84, ramped_twocaptcha: 47 },
          ...{ inFlight: 50, inFlight_twocaptcha: 22 },
        },
        add: { spentHour: 3, spentDay: 3, [BUSY]: 252, ramped_twocaptcha: 3, inFlight: 3, inFlight_twocaptcha: 3 },
        set: {},
      },
      waiting: { class: 'inflight', while: 'max_in_flight=60', byTurns: true },
    })
  })

  it.each<[string, number, object]>([
    ['has run empty', NOON - 1, { most: { [BUSY]: NOON }, set: { [BUSY]: NOON + 5 * 84 } }],
    ['runs empty this moment', NOON, { most: { [BUSY]: NOON }, set: { [BUSY]: NOON + 5 * 84 } }],
    ['is not empty yet', NOON + 1, { most: { [BUSY]: NOON + 7 * 84 }, add: { [BUSY]: 5 * 84 } }],
  ])(
    'begins the permitted rate anew only where that %s, and where no other batch has begun it',
    (_, busyUntil, change) => {
      expect(plan(known({ mode: 'normal' }, { [BUSY]: busyUntil }), WANTED, LIMITS)).toMatchObject({
        granted: 5,
        change,
      })
    },
  )

  it.each([
    [12 * 84 - 2 * 84, 2],
    [12 * 84 - 2 * 84 + 1, 1],
    [12 * 84 - 84, 1],
  ])('lets no part of a submit through: %i ms of the permitted rate are used up, and %i may go', (used, granted) => {
    const made = plan(known({ mode: 'normal' }, { [BUSY]: NOON + used }), WANTED, LIMITS)
    expect(made).toMatchObject({ granted, change: { most: { [BUSY]: NOON + (12 - granted) * 84 } } })
  })

  it.each<[string, Control['spend'], object, object]>([
    ['the hour', { ...TODAY, hour: '2026-11-21T11' }, { spentHour: 5 }, { spentDay: 5 }],
    ['the day and the hour', { hour: '2026-11-20T23', day: '2026-11-20' }, { spentHour: 5, spentDay: 5 }, {}],
    ['both for the first time', null, { spentHour: 5, spentDay: 5 }, {}],
  ])('begins %s, and counts what went before neither there nor on', (_, spend, set, add) => {
    const made = plan(known({ spend, mode: 'normal' }), WANTED, { ...LIMITS, spendPerHour: 72 })
    expect(made).toMatchObject({ kind: 'reserve', granted: 5 })
    if (made.kind !== 'reserve') return
    const { spentHour: _hour, spentDay: _day, [BUSY]: _busy, ...others } = made.change.most ?? {}
    expect(others).toEqual({ ramped_twocaptcha: 45, inFlight: 54, inFlight_twocaptcha: 22 })
    expect(made.change.set).toEqual({ ...set, [BUSY]: NOON + 420 })
    expect(made.change.add).toEqual({ ...add, ramped_twocaptcha: 5, inFlight: 5, inFlight_twocaptcha: 5 })
    expect(made.change.control).toEqual({ ...known({ mode: 'normal' }).control, spend: TODAY })
  })

  it('a probe takes the lease and begins the hour in one write, and leaves everything else of the provider as it was', () => {
    const hold = { until: NOON - 1, class: 'rate', code: 'MAX_USER_TURN' } as const
    const key = { good: 'k1', refused: { fingerprint: 'k0', at: NOON - 9000, code: 'X' }, lease: null }
    const polls = { count: 3, since: NOON - 44_000 }
    const breaker = {
      state: 'open',
      since: NOON - 21_000,
      until: NOON - 1000,
      seconds: 20,
      cause: 'X',
      result: polls,
    } as const
    const probed: ProviderControl = { breaker, hold, key, threads: 29, learned }
    const spend = { ...TODAY, hour: '2026-11-21T11' }
    const item = known({ providers: { captchaai: probed, twocaptcha }, spend, mode: 'normal' })
    const lease = { id: 'i-1', until: NOON + 23_000 }
    const probing = { state: 'half_open', since: NOON, seconds: 20, successes: 0, lease, result: polls }
    expect(plan(item, ['normal', 'normal'], { ...LIMITS, leaseSeconds: 23 })).toEqual({
      kind: 'reserve',
      granted: 1,
      provider: 'captchaai',
      change: {
        epoch: 7,
        most: { spentDay: 1999, inFlight: 58, inFlight_captchaai: 26 },
        add: { spentDay: 1, inFlight: 1, inFlight_captchaai: 1 },
        set: { spentHour: 1 },
        control: {
          ...item.control,
          spend: TODAY,
          providers: { captchaai: { ...probed, breaker: probing }, twocaptcha },
        },
      },
      waiting: { class: 'transient', while: 'circuit_open=captchaai', atLeast: 23 },
    })
  })

  it('the ramp is over by the limit of the whole fleet, however few places the provider has', () => {
    const few = { ...twocaptcha, threads: 4, learned: null }
    const made = plan(
      known({ mode: 'normal', providers: { twocaptcha: few } }, { inFlight_twocaptcha: 0 }),
      WANTED,
      LIMITS,
    )
    expect(made).toMatchObject({ granted: 3, change: { most: { ramped_twocaptcha: 47 } } })
  })

  it('the first try forgets every counter but the times, of each provider', () => {
    const item = known({}, { [BUSY]: NOON + 300 })
    expect(optimistic(item)).toEqual({
      ...item,
      counts: { urgentUntil: NOON + 4000, [BUSY]: NOON + 300, busyUntil_captchaai: NOON + 99_000 },
    })
  })
})

describe('where more is taken than is allowed, because a person lowered a limit', () => {
  const spend = { hour: '2026-11-21T12', day: '2026-11-21' }
  const ramping = { state: 'closed', submit: null, result: null, rampSince: NOON, seconds: 10 } as const
  it.each<[string, () => ReservationPlan]>([
    ['max_in_flight=20', () => plan(withControl({}, { inFlight: 31, inFlight_captchaai: 31 }))],
    ['capacity from captchaai', () => plan(withProvider({ threads: 4 }, { inFlight: 9, inFlight_captchaai: 9 }))],
    [
      'spend_limit=hour',
      () => plan(withControl({ spend }, { spentHour: 12, spentDay: 12 }), normal(3), { spendPerHour: 5 }),
    ],
    [
      'spend_limit=day',
      () => plan(withControl({ spend }, { spentHour: 1, spentDay: 90 }), normal(3), { spendPerDay: 40 }),
    ],
    ['ramp=captchaai', () => plan(withProvider({ breaker: ramping }, { ramped_captchaai: 77 }))],
    ['rate_limit=twocaptcha', () => plan(withControl(onBackup, { [BUSY]: NOON + 90_000 }))],
  ])('nothing is bought, and nothing is given back: %s', (reason, made) => {
    expect(made()).toMatchObject({ kind: 'wait', waiting: { while: reason } })
  })
})

describe('of several reasons to wait', () => {
  const refused = { fingerprint: 'k0', at: NOON - 9000, code: 'BAD_KEY' }
  const pause = { by: 'kim', at: NOON, reason: 'plan change' }
  const all: ProviderControl = {
    ...initialProvider,
    key: { good: null, refused, lease: null },
    hold: { until: NOON + 7000, class: 'funds', code: 'NO_FUNDS' },
    breaker: { state: 'open', since: NOON, until: NOON + 11_000, seconds: 11, cause: 'X' },
  }
  const key = { ...initialProvider.key, good: 'k1', refused }
  it.each<[string, Partial<Control>, object]>([
    ['a pause', { pause, providers: { captchaai: all } }, { class: 'inflight', while: 'paused' }],
    ['a refused key', { providers: { captchaai: all } }, { class: 'auth', while: 'BAD_KEY from captchaai' }],
    [
      'a wait that the provider asked for',
      { providers: { captchaai: { ...all, key } } },
      { class: 'funds', while: 'NO_FUNDS from captchaai', atLeast: 7 },
    ],
    [
      'an open breaker',
      { providers: { captchaai: { ...all, key, hold: null } } },
      { class: 'transient', while: 'circuit_open=captchaai', atLeast: 11 },
    ],
  ])('%s is told before what comes after it', (_, change, waiting) => {
    expect(plan(withControl(change))).toEqual({ kind: 'wait', waiting })
  })

  it('a probe that another one has under way is waited for as long as its lease still lasts', () => {
    const lease = { id: 'i-0', until: NOON + 9000 }
    const breaker = { state: 'half_open', since: NOON - 44_000, seconds: 40, successes: 1, lease } as const
    expect(plan(withProvider({ breaker }))).toEqual({
      kind: 'wait',
      waiting: { class: 'transient', while: 'circuit_open=captchaai', atLeast: 9 },
    })
  })

  it('a preferred provider whose key is refused is not probed: its tasks go on to the backup', () => {
    const due = { state: 'open', since: NOON - 10_000, until: NOON, seconds: 10, cause: 'X' } as const
    const to = (good: string | null) => {
      const captchaai = { ...initialProvider, breaker: due, key: { good, refused, lease: null } }
      return plan(withControl({ ...onBackup, providers: { ...first.control.providers, captchaai } }))
    }
    expect(to(null)).toMatchObject({ kind: 'reserve', provider: 'twocaptcha', granted: 10 })
    // An older key was refused: the one that is there is good.
    expect(to('k1')).toMatchObject({ kind: 'reserve', provider: 'captchaai', granted: 1 })
  })

  it('of several preferred providers the most preferred one is probed', () => {
    const due = { state: 'open', since: NOON - 10_000, until: NOON, seconds: 10, cause: 'X' } as const
    const off = { ...initialProvider, breaker: due }
    const providers = { first: off, second: off, third: initialProvider }
    const control = { ...first.control, providers, route: { ...first.control.route, active: 'third' } }
    const names = { providers: [{ name: 'first' }, { name: 'second' }, { name: 'third' }] }
    expect(plan({ epoch: 7, counts: {}, control }, normal(2), names)).toMatchObject({ provider: 'first', granted: 1 })
    const held = { ...off, hold: { until: NOON + 1, class: 'rate', code: 'X' } as const }
    const later = { ...control, providers: { ...providers, first: held } }
    expect(plan({ epoch: 7, counts: {}, control: later }, normal(2), names)).toMatchObject({ provider: 'second' })
  })
})
