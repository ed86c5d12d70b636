import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { CLOSED } from '../../../functions/core/admission/breaker/breaker-periods.ts'
import type { Control, ProviderControl, Route } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { isUsable, rerouted, routeAfterSweep } from '../../../functions/core/admission/route/router.ts'

const T = Date.UTC(2026, 10, 21, 12)
const [FIRST, SECOND] = ['captchaai', 'twocaptcha']
const ORDER = [FIRST, SECOND]
const SETTINGS = { dwellSeconds: 120, failoverSweeps: 2, failbackSweeps: 5 }
const OPEN: ProviderControl = {
  ...initialProvider,
  breaker: { state: 'open', since: T, until: T + 10_000, seconds: 10, cause: 'test' },
}
const FINE = initialProvider
const with_ = (first: ProviderControl, second: ProviderControl, route: Partial<Route> = {}): Control => {
  const { control } = initialAdmission(ORDER)
  return { ...control, providers: { [FIRST]: first, [SECOND]: second }, route: { ...control.route, ...route } }
}
const hold = (of: 'rate' | 'funds' | 'blocked') => ({ until: T + 60_000, class: of, code: 'X' })

describe('a provider', () => {
  test.each<[string, Partial<ProviderControl>, boolean]>([
    ['nothing is known against', {}, true],
    ['has an open breaker', { breaker: OPEN.breaker }, false],
    [
      'has a half-open breaker',
      { breaker: { state: 'half_open', since: T, seconds: 10, successes: 2, lease: null } },
      false,
    ],
    ['is in the ramp of its breaker', { breaker: { ...CLOSED, rampSince: T } }, true],
    [
      'has its key refused',
      { key: { good: null, refused: { fingerprint: 'k', at: T, code: 'X' }, lease: null } },
      false,
    ],
    [
      'has a good key after an old one was refused',
      { key: { good: 'g', refused: { fingerprint: 'k', at: T, code: 'X' }, lease: null } },
      true,
    ],
    ['has no funds', { hold: hold('funds') }, false],
    ['had no funds until a minute ago', { hold: { ...hold('funds'), until: T } }, true],
    ['limits the rate', { hold: hold('rate') }, true],
    ['has all its threads busy', { learned: { limit: 1, at: T, raiseAfterSeconds: 10 }, threads: 1 }, true],
    ['has a plan without threads', { threads: 0 }, false],
  ])('that %s is usable or not', (_, more, usable) => {
    expect(isUsable({ ...FINE, ...more }, T)).toBe(usable)
  })
})

describe('the route', () => {
  it('goes to the first usable provider at once when the breaker of the active one opens', () => {
    expect(rerouted(with_(OPEN, FINE), ORDER, T, SETTINGS)).toEqual({
      active: SECOND,
      since: T,
      badSweeps: 0,
      goodSweeps: 0,
    })
  })

  it('stays where it is while the active provider is usable, although a preferred one is usable too', () => {
    const control = with_(FINE, FINE, { active: SECOND, since: 1 })
    expect(rerouted(control, ORDER, T, SETTINGS)).toBe(control.route)
  })

  it('stays where it is when no provider is usable, and when there is one provider only', () => {
    const both = with_(OPEN, OPEN)
    expect(rerouted(both, ORDER, T, SETTINGS)).toBe(both.route)
    const { control } = initialAdmission([FIRST])
    const one = { ...control, providers: { [FIRST]: OPEN } }
    expect(rerouted(one, [FIRST], T, SETTINGS)).toBe(one.route)
  })

  it('does not change again before the dwell time is over, even if the breaker opens', () => {
    const control = with_(FINE, OPEN, { active: SECOND, since: T })
    expect(rerouted(control, ORDER, T + 119_999, SETTINGS)).toBe(control.route)
    expect(rerouted(control, ORDER, T + 120_000, SETTINGS).active).toBe(FIRST)
  })

  it('leaves a provider that is not configured any more at once', () => {
    expect(rerouted(with_(FINE, FINE, { active: 'gone', since: T }), ORDER, T, SETTINGS).active).toBe(FIRST)
    expect(rerouted(with_(OPEN, OPEN, { active: 'gone', since: T }), ORDER, T, SETTINGS).active).toBe(FIRST)
  })

  it('leaves a usable but bad provider after two bad sweeps in a row', () => {
    const both = new Set(ORDER)
    const bad = { isActiveBad: true, good: both }
    const one = routeAfterSweep(with_(FINE, FINE), ORDER, bad, T, SETTINGS)
    expect(one).toMatchObject({ active: FIRST, badSweeps: 1 })
    const good = routeAfterSweep(with_(FINE, FINE, one), ORDER, { isActiveBad: false, good: both }, T, SETTINGS)
    expect(good).toMatchObject({ active: FIRST, badSweeps: 0 })
    expect(routeAfterSweep(with_(FINE, FINE, one), ORDER, bad, T, SETTINGS)).toMatchObject({ active: SECOND, since: T })
  })

  it('does not leave a bad provider for one that is not usable or not good', () => {
    const bad = { isActiveBad: true, good: new Set(ORDER) }
    expect(routeAfterSweep(with_(FINE, OPEN, { badSweeps: 7 }), ORDER, bad, T, SETTINGS).active).toBe(FIRST)
    const lonely = { isActiveBad: true, good: new Set<string>() }
    expect(routeAfterSweep(with_(FINE, FINE, { badSweeps: 7 }), ORDER, lonely, T, SETTINGS).active).toBe(FIRST)
  })

  it('comes back to the preferred provider after five good sweeps in a row and the dwell time', () => {
    const fine = { isActiveBad: false, good: new Set(ORDER) }
    let route: Route = { active: SECOND, since: T - 300_000, badSweeps: 0, goodSweeps: 0 }
    const actives: string[] = []
    for (const first of [FINE, FINE, OPEN, FINE, FINE, FINE, FINE, FINE]) {
      route = routeAfterSweep(with_(first, FINE, route), ORDER, fine, T, SETTINGS)
      actives.push(route.active)
    }
    expect(actives).toEqual([...Array<string>(7).fill(SECOND), FIRST])
    const early: Route = { active: SECOND, since: T - 119_000, badSweeps: 0, goodSweeps: 9 }
    expect(routeAfterSweep(with_(FINE, FINE, early), ORDER, fine, T, SETTINGS).active).toBe(SECOND)
  })
})

it('whatever the providers do, the route changes at most once in the dwell time', () => {
  const anyProvider = fc.constantFrom(FINE, OPEN, { ...FINE, hold: hold('funds') }, { ...FINE, threads: 0 })
  const anyStep = fc.record({
    first: anyProvider,
    second: anyProvider,
    wait: fc.nat(60_000),
    sweep: fc.boolean(),
    isActiveBad: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 80 }), (steps) => {
      let route: Route = { active: FIRST, since: 0, badSweeps: 0, goodSweeps: 0 }
      let now = T
      const changes: number[] = []
      for (const { first, second, wait, sweep, isActiveBad } of steps) {
        now += wait
        const control = with_(first, second, route)
        const next = sweep
          ? routeAfterSweep(control, ORDER, { isActiveBad, good: new Set(ORDER) }, now, SETTINGS)
          : rerouted(control, ORDER, now, SETTINGS)
        if (next.active !== route.active) {
          changes.push(now)
          expect(isUsable(control.providers[next.active] ?? OPEN, now)).toBe(true)
        }
        route = next
      }
      for (const [i, at] of changes.entries()) expect(at - (changes[i - 1] ?? 0)).toBeGreaterThanOrEqual(120_000)
    }),
    { numRuns: 1000 },
  )
})

describe('of three providers', () => {
  const NAMES = ['first', 'second', 'third']
  const SOON = T + 500_000
  const of = (active: string, unusable: readonly string[], route: Partial<Route> = {}): Control => {
    const { control } = initialAdmission(NAMES)
    const providers = Object.fromEntries(NAMES.map((name) => [name, unusable.includes(name) ? OPEN : FINE]))
    return { ...control, providers, route: { ...{ active, since: T, badSweeps: 0, goodSweeps: 0 }, ...route } }
  }
  const swept = (control: Control, isActiveBad: boolean, good: readonly string[] = NAMES) =>
    routeAfterSweep(control, NAMES, { isActiveBad, good: new Set(good) }, SOON, SETTINGS)
  const to = (active: string): Route => ({ active, since: SOON, badSweeps: 0, goodSweeps: 0 })

  it.each<[string, Control, boolean, string[], Route]>([
    [
      'a bad one that has no other place to go is counted, and nothing else changes',
      of('third', ['first', 'second'], { badSweeps: 4, goodSweeps: 3 }),
      true,
      NAMES,
      { active: 'third', since: T, badSweeps: 5, goodSweeps: 0 },
    ],
    [
      'one that cannot be used is bad, whatever the tasks say',
      of('third', ['third', 'first', 'second'], { badSweeps: 1 }),
      false,
      NAMES,
      { active: 'third', since: T, badSweeps: 2, goodSweeps: 0 },
    ],
    [
      'one that cannot be used is left after two sweeps',
      of('first', ['first'], { badSweeps: 1 }),
      false,
      NAMES,
      to('second'),
    ],
    ['a bad one is left for the first good one', of('first', ['second'], { badSweeps: 1 }), true, NAMES, to('third')],
    [
      'a bad one is left for a preferred one at once, without five good sweeps of that',
      of('second', [], { badSweeps: 1, goodSweeps: 1 }),
      true,
      NAMES,
      to('first'),
    ],
    [
      'the way back leads to the most preferred one, also from one that is bad at that moment',
      of('third', [], { goodSweeps: 4 }),
      true,
      NAMES,
      to('first'),
    ],
    [
      'the way back leads to a preferred one that is good',
      of('third', [], { goodSweeps: 4 }),
      false,
      ['second', 'third'],
      to('second'),
    ],
    [
      'the good sweeps of a preferred one begin anew where it is not good, and bad ones where the active one is good',
      of('second', [], { badSweeps: 1, goodSweeps: 4 }),
      false,
      ['second', 'third'],
      { active: 'second', since: T, badSweeps: 0, goodSweeps: 0 },
    ],
    [
      'one that is not configured any more has no preferred ones, and is left after two sweeps',
      of('gone', [], { badSweeps: 1, goodSweeps: 9 }),
      false,
      NAMES,
      to('first'),
    ],
    [
      'one that is not configured any more is not left before',
      of('gone', [], { goodSweeps: 9 }),
      false,
      NAMES,
      { active: 'gone', since: T, badSweeps: 1, goodSweeps: 0 },
    ],
  ])('%s', (_, control, isActiveBad, good, route) => {
    expect(swept(control, isActiveBad, good)).toEqual(route)
  })

  it('the counts go on in the dwell time, so that it is left when that is over', () => {
    const young = of('first', [], { since: SOON - 119_999, badSweeps: 6 })
    expect(swept(young, true)).toEqual({ active: 'first', since: SOON - 119_999, badSweeps: 7, goodSweeps: 0 })
    const old = of('first', [], { since: SOON - 120_000, badSweeps: 6 })
    expect(swept(old, true)).toEqual(to('second'))
  })

  it.each([
    ['first', ['first'], 'second'],
    ['first', ['first', 'second'], 'third'],
    ['third', ['third'], 'first'],
    ['second', ['second', 'first'], 'third'],
  ])('without a sweep, tasks for %s go from %o to %s at once', (active, unusable, next) => {
    expect(rerouted(of(active, unusable), NAMES, SOON, SETTINGS)).toEqual(to(next))
  })
})
