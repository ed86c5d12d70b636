import { expect, test } from 'vitest'
import type { Admission, ProviderControl } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { changesOf } from '../../../functions/core/admission/steps/changes.ts'
import { countersBegun, type ObserveSettings, observe } from '../../../functions/core/admission/steps/observe.ts'
import type { FailureClass } from '../../../functions/core/provider/error-class.ts'
import { type Observation, observationOf } from '../../../functions/core/provider/observation.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const admission = initialAdmission(['captchaai'])
const refused = (name: FailureClass, retryAfterSeconds?: number): Observation => ({
  provider: 'captchaai',
  operation: 'submit',
  answer: {
    kind: 'failure',
    class: name,
    code: name.toUpperCase(),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  },
  at: NOON,
})
const accepted = observationOf('captchaai', 'submit', null, NOON)
const SETTINGS: ObserveSettings = {
  breakerFailures: 5,
  breakerSpanSeconds: 15,
  breakerFirstOpenSeconds: 10,
  breakerOpenSeconds: 60,
  breakerSuccesses: 3,
  dwellSeconds: 120,
  balanceSeconds: 60,
  order: ['captchaai', 'twocaptcha'],
}
const seen = (from: Pick<Admission, 'control' | 'counts'>, ...observations: Observation[]) =>
  observe(from, { by: 'i-1', observations }, NOON, SETTINGS)
const after = (...observations: Observation[]) => seen(admission, ...observations)
const holdAfter = (...observations: Observation[]) => after(...observations).providers.captchaai?.hold

test('on the healthy path the control stays the very same object, so nothing is written', () => {
  expect(after(accepted, accepted, refused('task'))).toBe(admission.control)
})

test.each([
  ['rate', undefined, 10],
  ['rate', 40, 40],
  ['rate', 4, 4],
  ['blocked', 7, 7],
  ['funds', 9, 9],
  ['blocked', undefined, 60],
  ['funds', undefined, 60],
] as const)(
  'a submit refused for %s (the provider asks for %s s) holds the provider for %i s',
  (name, asked, seconds) => {
    const hold = { until: NOON + seconds * 1000, class: name, code: name.toUpperCase() }
    expect(holdAfter(refused(name, asked))).toEqual(hold)
  },
)

test('of two waits that a provider asks for the longer one holds, whichever came last', () => {
  const hold = { until: NOON + 60_000, class: 'blocked', code: 'BLOCKED' }
  expect(holdAfter(refused('rate'), refused('blocked'))).toEqual(hold)
  expect(holdAfter(refused('blocked'), refused('rate'))).toEqual(hold)
})

test('a wait for funds keeps the longest shorter one that the provider asked for, whichever came last, and no other', () => {
  const funds = { until: NOON + 60_000, class: 'funds', code: 'FUNDS' }
  const asked = { until: NOON + 20_000, class: 'rate', code: 'RATE' }
  const [rate, shorter] = [refused('rate', 20), refused('rate', 5)]
  for (const order of [
    [rate, refused('funds')],
    [refused('funds'), rate],
    [refused('funds'), shorter, rate],
    [rate, refused('funds'), shorter],
    [rate, refused('funds', 40), refused('funds')],
  ])
    expect(holdAfter(...order)).toEqual({ ...funds, asked })
  expect(holdAfter(refused('funds', 40), refused('funds'))).toEqual(funds)
  expect(holdAfter(refused('funds'), refused('rate', 90))).toEqual({ ...asked, until: NOON + 90_000 })
  const known = after(rate, refused('funds'))
  expect(seen({ ...admission, control: known }, rate, refused('funds'))).toBe(known)
})

test('a poll that is refused holds no submit, whatever it is refused for', () => {
  expect(after({ ...refused('rate'), operation: 'result' })).toBe(admission.control)
  expect(after({ ...refused('funds', 30), operation: 'result' })).toBe(admission.control)
  expect(after({ ...refused('blocked', 30), operation: 'result' }).providers.captchaai).toMatchObject({
    ...{ hold: null, breaker: { state: 'open', until: NOON + 30_000 } },
  })
})

test('a key that is missing is missing since its own answer, whichever key was refused before', () => {
  const key = { good: null, refused: { fingerprint: 'k1', at: NOON - 9000, code: 'X' }, lease: null }
  const before = { ...admission.control, providers: { captchaai: { ...initialProvider, key } } }
  const missing = observationOf('captchaai', 'submit', { class: 'auth', code: 'KEY_MISSING' }, NOON - 2000)
  expect(seen({ control: before, counts: {} }, missing).providers.captchaai).toEqual({
    ...initialProvider,
    key: { good: null, refused: { fingerprint: '', at: NOON - 2000, code: 'KEY_MISSING' }, lease: null },
  })
})

test('a provider that the item does not know yet is added', () => {
  const control = after({ ...refused('rate'), provider: 'twocaptcha' })
  expect(Object.keys(control.providers)).toEqual(['captchaai', 'twocaptcha'])
  expect(control.providers.captchaai).toBe(admission.control.providers.captchaai)
})

test('where the breaker of the active provider opens, the route goes to the backup in the same write, and both are told', () => {
  const both = initialAdmission(['captchaai', 'twocaptcha'])
  const control = seen(both, { ...refused('blocked', 300), at: NOON })
  expect(control).toMatchObject({
    route: { active: 'twocaptcha', since: NOON },
    providers: { captchaai: { breaker: { state: 'open', until: NOON + 300_000 } } },
  })
  expect(changesOf(both.control, control, NOON)).toEqual([
    { at: NOON, what: 'breaker', provider: 'captchaai', from: 'closed', to: 'open', cause: 'BLOCKED' },
    { at: NOON, what: 'hold', provider: 'captchaai', from: 'none', to: 'blocked', cause: 'BLOCKED' },
    { at: NOON, what: 'route', provider: '', from: 'captchaai', to: 'twocaptcha', cause: 'breaker open' },
  ])
})

test('the limit is learned from what is in flight after the batch gave back what it had reserved in vain', () => {
  const counts = { inFlight_captchaai: 2 }
  const control = seen({ ...admission, counts }, accepted, refused('capacity'), accepted)
  expect(control.providers.captchaai?.learned).toEqual({ limit: 2, at: NOON, raiseAfterSeconds: 10 })
  const grown = seen({ control, counts: { inFlight_captchaai: 3 } }, accepted)
  expect(grown.providers.captchaai?.learned).toEqual({ limit: 3, at: NOON, raiseAfterSeconds: 5 })
  expect(changesOf(admission.control, grown, NOON)).toEqual([])
})

test('the last good probe closes the breaker and begins the counter of the ramp; an unused lease ends with its invocation', () => {
  const lease = { id: 'i-1', until: NOON + 18_000 }
  const breaker = { state: 'half_open', since: NOON, seconds: 10, successes: 2, lease, result: null } as const
  const probing = { ...admission.control, providers: { captchaai: { ...initialProvider, breaker } } }
  const closed = seen({ ...admission, control: probing }, accepted)
  expect(closed.providers.captchaai?.breaker).toMatchObject({ state: 'closed', rampSince: NOON, seconds: 10 })
  expect(countersBegun(probing, closed)).toEqual({ ramped_captchaai: 0 })
  expect(countersBegun(closed, closed)).toEqual({})
  expect(changesOf(probing, closed, NOON)).toMatchObject([{ from: 'half_open', to: 'closed' }])
  const unused = seen({ ...admission, control: probing })
  expect(unused.providers.captchaai?.breaker).toEqual({ ...breaker, lease: null })
})

test('a wait is the class’s own where the provider names none: a block a minute, lack of money until the balance is read again', () => {
  const holds = (name: FailureClass) => {
    const told = { by: 'i-1', observations: [refused(name)] }
    const { hold } = observe(admission, told, NOON, { ...SETTINGS, balanceSeconds: 900 }).providers.captchaai ?? {}
    return (Number(hold?.until) - NOON) / 1000
  }
  expect((['rate', 'blocked', 'funds'] as const).map(holds)).toEqual([10, 60, 900])
})

test('of two waits that end together the first one stays, and what is known of a missing key is not written again', () => {
  const held = after(refused('rate', 60))
  expect(seen({ ...admission, control: held }, refused('funds'))).toBe(held)
  const missing = observationOf('captchaai', 'submit', { class: 'auth', code: 'KEY_MISSING' }, NOON)
  const known = after(missing)
  expect(seen({ ...admission, control: known }, { ...missing, at: NOON + 1 })).toBe(known)
})

test('of a batch the last answer counts for the limit that is learned, and the time of each answer is its own', () => {
  const later = (observation: Observation, seconds: number): Observation => ({
    ...observation,
    at: NOON + seconds * 1000,
  })
  const counts = { inFlight_captchaai: 4 }
  const tried = seen(
    { ...admission, counts },
    later(refused('capacity'), 3),
    later(accepted, 5),
    later(refused('capacity'), 9),
  )
  expect(tried.providers.captchaai?.learned).toEqual({ limit: 4, at: NOON + 9000, raiseAfterSeconds: 10 })
  const known = { control: tried, counts: { inFlight_captchaai: 7 } }
  const grown = seen(known, later(accepted, 21), later(accepted, 27))
  expect(grown.providers.captchaai?.learned).toEqual({ limit: 7, at: NOON + 27_000, raiseAfterSeconds: 5 })
  const polled = seen(known, { ...later(refused('capacity'), 30), operation: 'result' })
  expect(polled).toBe(tried)
})

test('answers count in the order in which they came, however they are reported, and for their own provider only', () => {
  const lost = (second: number): Observation => ({ ...refused('transient'), at: NOON + second * 1000 })
  const fine: Observation = { ...accepted, at: NOON + 7000 }
  const elsewhere: Observation = { ...lost(8), provider: 'twocaptcha' }
  const { control } = initialAdmission(['captchaai', 'twocaptcha'])
  expect(seen({ control, counts: {} }, lost(9), fine, elsewhere, lost(2))).toEqual({
    ...control,
    providers: {
      captchaai: {
        ...initialProvider,
        breaker: { ...initialProvider.breaker, submit: { count: 1, since: NOON + 9000 } },
      },
      twocaptcha: {
        ...initialProvider,
        breaker: { ...initialProvider.breaker, submit: { count: 1, since: NOON + 8000 } },
      },
    },
  })
})

test('a report in which nothing is new leads away from a provider that cannot be used, once the dwell time is over by now and not by its answers', () => {
  const { control } = initialAdmission(['captchaai', 'twocaptcha'])
  const broken = { ...initialProvider, threads: 0 }
  const stuck = (since: number) => ({
    control: {
      ...control,
      providers: { ...control.providers, captchaai: broken },
      route: { active: 'captchaai', since, badSweeps: 1, goodSweeps: 2 },
    },
    counts: {},
  })
  const poll = { ...accepted, operation: 'result', at: NOON - 30_000 } as const
  const due = stuck(NOON - 120_000)
  expect(seen(due, poll)).toEqual({
    ...due.control,
    route: { active: 'twocaptcha', since: NOON, badSweeps: 0, goodSweeps: 0 },
  })
  const early = stuck(NOON - 119_999)
  expect(seen(early, poll)).toBe(early.control)
})

test('a wait that the provider asked for is counted from its answer, also where that is reported late', () => {
  const early = { ...refused('rate', 40), at: NOON - 12_000 }
  expect(holdAfter(early)).toEqual({ until: NOON + 28_000, class: 'rate', code: 'RATE' })
  expect(after(early).providers.captchaai).toEqual({
    ...initialProvider,
    hold: { until: NOON + 28_000, class: 'rate', code: 'RATE' },
  })
  expect(after(refused('transient', 40)).providers.captchaai?.hold).toBeNull()
})

test('a ramp begins its counter where a half-open breaker closed, and nowhere else', () => {
  const { control } = initialAdmission(['captchaai', 'twocaptcha', 'third', 'fourth'])
  const lease = { id: 'i-1', until: NOON + 18_000 }
  const half = { state: 'half_open', since: NOON, seconds: 10, successes: 2, lease, result: null } as const
  const open = { state: 'open', since: NOON, until: NOON + 9000, seconds: 10, cause: 'X' } as const
  const with_ = (breakers: ProviderControl['breaker'][]) => ({
    ...control,
    providers: Object.fromEntries(
      Object.keys(control.providers).map((name, n) => [
        name,
        { ...initialProvider, breaker: breakers[n] ?? initialProvider.breaker },
      ]),
    ),
  })
  const failing = { state: 'closed', submit: { count: 1, since: NOON }, result: null, rampSince: NOON } as const
  const closed = { state: 'closed', submit: null, result: null, rampSince: NOON, seconds: 10 } as const
  expect(countersBegun(with_([half, half, open, closed]), with_([closed, open, half, failing]))).toEqual({
    ramped_captchaai: 0,
  })
})
