import { describe, expect, it } from 'vitest'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import type { Control, ProviderControl } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { changesOf } from '../../../functions/core/admission/steps/changes.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const quiet = initialAdmission(['captchaai', 'twocaptcha']).control
const closed: Breaker = { state: 'closed', submit: null, result: null, rampSince: null }
const open = (since = NOON): Extract<Breaker, { state: 'open' }> => ({
  state: 'open',
  since,
  until: since + 10_000,
  seconds: 10,
  cause: 'HTTP_502',
})
const half: Breaker = { state: 'half_open', since: NOON, seconds: 10, successes: 1, lease: null }
const at = (captchaai: Partial<ProviderControl>, more: Partial<Control> = {}): Control => ({
  ...quiet,
  ...more,
  providers: { ...quiet.providers, captchaai: { ...initialProvider, ...captchaai } },
})
const told = (before: Partial<ProviderControl>, after: Partial<ProviderControl>) =>
  changesOf(at(before), at(after), NOON)
const refused = { fingerprint: 'abcd0123', at: NOON, code: 'ERROR_WRONG_USER_KEY' }

describe('what people are told of a breaker', () => {
  it.each<[Breaker, Breaker, string]>([
    [closed, open(), 'HTTP_502'],
    [open(), half, 'one probe may be sent'],
    [half, open(), 'HTTP_502'],
    [half, closed, 'the probes were good'],
    [open(NOON - 9000), open(), 'HTTP_502'],
  ])('%o, then %o: %s', (before, after, cause) => {
    expect(told({ breaker: before }, { breaker: after })).toEqual([
      { at: NOON, what: 'breaker', provider: 'captchaai', from: before.state, to: after.state, cause },
    ])
  })

  it.each<[string, Breaker, Breaker]>([
    ['a failure more', closed, { ...closed, submit: { count: 1, since: NOON } }],
    ['a good probe more', half, { ...half, successes: 2 }],
    ['a probe under way', half, { ...half, lease: { id: 'i', until: NOON } }],
    ['a longer wait in the same open period', open(), { ...open(), until: NOON + 60_000 }],
    ['a later half-open period', half, { ...half, since: NOON + 1 }],
  ])('is not %s', (_, before, after) => {
    expect(told({ breaker: before }, { breaker: after })).toEqual([])
  })
})

describe('what people are told of a wait', () => {
  const hold = (until: number, name: 'rate' | 'funds' = 'rate') => ({ until, class: name, code: 'CODE' })
  it.each<[string, ProviderControl['hold'], ProviderControl['hold'], object[]]>([
    ['that begins', null, hold(NOON + 1), [{ from: 'none', to: 'rate', cause: 'CODE' }]],
    ['that is over', hold(NOON + 1), null, [{ from: 'rate', to: 'none', cause: 'the wait is over' }]],
    ['for another reason', hold(NOON + 1), hold(NOON + 1, 'funds'), [{ from: 'rate', to: 'funds', cause: 'CODE' }]],
    ['that is longer', hold(NOON + 1), hold(NOON + 9), []],
    ['that ends this moment, and is then forgotten', hold(NOON), null, []],
    ['that had ended long ago', hold(NOON - 60_000), null, []],
    ['that is over when it is told', null, hold(NOON), []],
  ])('%s', (_, before, after, changes) => {
    const whole = changes.map((change) => ({ at: NOON, what: 'hold', provider: 'captchaai', ...change }))
    expect(told({ hold: before }, { hold: after })).toEqual(whole)
  })
})

describe('what people are told of a key', () => {
  const key = (good: string | null, isRefused = false) => ({ good, refused: isRefused ? refused : null, lease: null })
  it.each<[string, ProviderControl['key'], ProviderControl['key'], object[]]>([
    ['accepted for the first time', key(null), key('k1'), [{ from: 'untried', to: 'good', cause: 'accepted' }]],
    ['refused', key('k1'), key(null, true), [{ from: 'good', to: 'refused', cause: 'ERROR_WRONG_USER_KEY' }]],
    [
      'refused before it was ever good',
      key(null),
      key(null, true),
      [{ from: 'untried', to: 'refused', cause: refused.code }],
    ],
    ['good again after a change', key(null, true), key('k2'), [{ from: 'refused', to: 'good', cause: 'accepted' }]],
    ['changed for another good one', key('k1'), key('k2'), []],
    ['probed for the first time', key(null), { ...key(null), lease: { id: 'i', until: NOON + 1 } }, []],
    ['good, while a worker still sends the old one', key('k1'), key('k1', true), []],
  ])('%s', (_, before, after, changes) => {
    const whole = changes.map((change) => ({ at: NOON, what: 'key', provider: 'captchaai', ...change }))
    expect(told({ key: before }, { key: after })).toEqual(whole)
  })
})

describe('what people are told of the route', () => {
  const routed = (captchaai: Partial<ProviderControl>, active: string) =>
    at(captchaai, { route: { ...quiet.route, active } })
  const causeOf = (captchaai: Partial<ProviderControl>) =>
    changesOf(routed(captchaai, 'captchaai'), routed(captchaai, 'twocaptcha'), NOON)

  it.each<[string, Partial<ProviderControl>]>([
    ['breaker open', { breaker: open() }],
    ['breaker half_open', { breaker: half }],
    ['key refused', { key: { good: null, refused, lease: null } }],
    ['no funds', { hold: { until: NOON + 1, class: 'funds', code: 'ERROR_ZERO_BALANCE' } }],
    ['no threads', { threads: 0 }],
    [
      'breaker open',
      {
        ...{ breaker: open(), key: { good: null, refused, lease: null }, threads: 0 },
        hold: { until: NOON + 1, class: 'funds', code: 'X' },
      },
    ],
    [
      'key refused',
      {
        ...{ key: { good: null, refused, lease: null }, threads: 0 },
        hold: { until: NOON + 1, class: 'funds', code: 'X' },
      },
    ],
    ['no funds', { threads: 0, hold: { until: NOON + 1, class: 'funds', code: 'X' } }],
    ['by the sweeps', {}],
    ['by the sweeps', { threads: 5, hold: { until: NOON + 1, class: 'rate', code: 'X' } }],
    ['by the sweeps', { hold: { until: NOON, class: 'funds', code: 'ERROR_ZERO_BALANCE' } }],
  ])('%s: it left a provider that is %o', (cause, captchaai) => {
    expect(causeOf(captchaai)).toEqual([
      { at: NOON, what: 'route', provider: '', from: 'captchaai', to: 'twocaptcha', cause },
    ])
  })

  it('that its provider is not configured any more', () => {
    const gone = { ...quiet, route: { ...quiet.route, active: 'third' } }
    expect(changesOf(gone, quiet, NOON)).toEqual([
      { at: NOON, what: 'route', provider: '', from: 'third', to: 'captchaai', cause: 'not configured any more' },
    ])
  })

  it('is nothing while it stays, whatever its counts are', () => {
    const counted = { ...quiet, route: { ...quiet.route, badSweeps: 1, goodSweeps: 2 } }
    expect(changesOf(quiet, counted, NOON)).toEqual([])
  })
})

it('a provider that is added is told of only where it is not as new', () => {
  const one = initialAdmission(['captchaai']).control
  expect(changesOf(one, quiet, NOON)).toEqual([])
  const added = { ...quiet, providers: { ...quiet.providers, twocaptcha: { ...initialProvider, breaker: open() } } }
  expect(changesOf(one, added, NOON)).toMatchObject([{ provider: 'twocaptcha', from: 'closed', to: 'open' }])
})
