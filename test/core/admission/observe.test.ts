import { expect, test } from 'vitest'
import type { Admission } from '../../../functions/core/admission/item/admission.ts'
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

test('a poll that is refused holds no submit', () => {
  expect(after({ ...refused('rate'), operation: 'result' })).toBe(admission.control)
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
