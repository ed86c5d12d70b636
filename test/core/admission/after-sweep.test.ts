import { describe, expect, it } from 'vitest'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import type { Control, ProviderControl } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import {
  type AfterSweepSettings,
  controlAfterSweep,
  type ProviderFinding,
  type SweepFindings,
} from '../../../functions/core/admission/steps/after-sweep.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const SETTINGS: AfterSweepSettings = {
  maxInFlight: 100,
  breakerFirstOpenSeconds: 10,
  breakerOpenSeconds: 60,
  breakerSuccesses: 3,
  dwellSeconds: 120,
  failoverSweeps: 2,
  failbackSweeps: 5,
}
const NAMES = ['captchaai', 'twocaptcha']
const quiet: Control = initialAdmission(NAMES).control
const finding = (name: string, changes: Partial<ProviderFinding> = {}): ProviderFinding => ({
  name,
  answered: true,
  isBack: false,
  isSound: true,
  threads: null,
  submits: { sent: 0, failed: 0, slow: 0 },
  ...changes,
})
const found = (changes: Partial<SweepFindings> = {}): SweepFindings => ({
  mode: 'normal',
  settledPerSecond: null,
  calledBack: null,
  solveSeconds: {},
  providers: NAMES.map((name) => finding(name)),
  isActiveBad: false,
  isNewPeriod: true,
  demand: true,
  ...changes,
})
const first = (changes: Partial<ProviderFinding>) =>
  found({ providers: [finding('captchaai', changes), finding('twocaptcha')] })
const at = (provider: Partial<ProviderControl>): Control => ({
  ...quiet,
  providers: { ...quiet.providers, captchaai: { ...initialProvider, ...provider } },
})
const swept = (before: Control, findings: SweepFindings, seconds = 0) =>
  controlAfterSweep(before, findings, NOON + seconds * 1000, SETTINGS)
const open: Breaker = { state: 'open', since: NOON, until: NOON + 10_000, seconds: 10, cause: 'HTTP_502' }

describe('the control after a sweep', () => {
  it('is the very same object where nothing is different, so that nothing is written', () => {
    expect(swept(quiet, found())).toBe(quiet)
    expect(swept(quiet, found({ isActiveBad: false, isNewPeriod: false }), 600)).toBe(quiet)
  })

  it("has the mode of the verdict and the plan's threads, and keeps a person's pause", () => {
    const pause = { by: 'ops/anna', at: NOON, reason: 'moving house' }
    const next = swept({ ...quiet, pause }, { ...first({ threads: 5 }), mode: 'degraded' })
    expect(next).toEqual({ ...at({ threads: 5 }), mode: 'degraded', pause })
  })

  it.each([
    [null, 1.234, 1.2],
    [1.2, 1.3, 1.2],
    [1.2, 1.46, 1.5],
    [1.2, 0.9, 0.9],
    [1.2, null, null],
    [null, null, null],
  ])(
    'knows the drain rate to two digits, and anew when it changed by a fifth: %s, then %s: %s',
    (before, now, drain) => {
      const next = swept({ ...quiet, drainPerSecond: before }, found({ settledPerSecond: now }))
      expect(next.drainPerSecond).toBe(drain)
    },
  )

  // 90 solves within 15 to 20 s, and 10 within 20 to 25 s: 18 s on average, found by a poll 2.5 s later.
  const solveSeconds = { userrecaptcha: [0, 0, 0, 0, 90, 5], turnstile: [0, 0, 0, 0, 0, 5] }
  it.each([
    ['nothing was settled lately', null, 20, 0.78],
    ['less was settled than the places can do', 0.1, 20, 0.78],
    ['more was settled', 1.4, 20, 1.4],
    ['the provider does not tell its threads', 0.1, null, 3.9],
    ['the plan has no threads', null, 0, 0],
  ])(
    'counts on most of what the places can do, by the solve times, where %s',
    (_, settledPerSecond, threads, drain) => {
      const findings = found({ settledPerSecond, solveSeconds, providers: [finding('captchaai', { threads })] })
      expect(swept(quiet, findings).drainPerSecond).toBe(drain)
    },
  )

  it('adds a provider that was configured lately, and keeps one that is no longer: it may have tasks in flight', () => {
    const one = initialAdmission(['captchaai']).control
    expect(Object.keys(swept(one, found()).providers)).toEqual(NAMES)
    expect(Object.keys(swept(quiet, found({ providers: [finding('captchaai')] })).providers)).toEqual(NAMES)
  })
})

describe('the breaker after a sweep', () => {
  it.each([
    ['answered, after the open period', true, 10, 'half_open'],
    ['answered, before its end', true, 9.9, 'open'],
    ['not answered', false, 60, 'open'],
    ['not made', null, 60, 'open'],
  ] as const)('that is open, where the account call was %s', (_, answered, seconds, state) => {
    const { captchaai } = swept(at({ breaker: open }), first({ answered }), seconds).providers
    expect(captchaai?.breaker.state).toBe(state)
  })

  it('that is open is half-opened before its end where the account answers after several lost calls, and forgets failed polls', () => {
    const polls = { count: 9, since: NOON - 60_000 }
    const before = at({ breaker: { ...open, result: polls } })
    const back = swept(before, first({ answered: true, isBack: true }), 1).providers.captchaai?.breaker
    expect(back).toMatchObject({ state: 'half_open', since: NOON + 1000, result: null })
    expect(back).toMatchObject({ successes: 0 })
    const idle = { ...first({ answered: true, isBack: true }), demand: false }
    expect(swept(before, idle, 1).providers.captchaai?.breaker).toMatchObject({ state: 'half_open', successes: 1 })
    const due = swept(before, first({ answered: true }), 60).providers.captchaai?.breaker
    expect(due).toMatchObject({ state: 'half_open', result: polls })
  })

  it('that is open for as long as the provider asked for stays so, whatever the account answers', () => {
    const asked: Breaker = { ...open, until: NOON + 600_000 }
    const { captchaai } = swept(at({ breaker: asked }), first({ answered: true, isBack: true }), 59).providers
    expect(captchaai?.breaker).toEqual(asked)
  })

  it('is never closed by a sweep: an account call costs nothing and proves no submit', () => {
    const half: Breaker = { state: 'half_open', since: NOON, seconds: 10, successes: 2, lease: null }
    expect(swept(at({ breaker: half }), found(), 600).providers.captchaai?.breaker).toEqual(half)
  })

  it.each([
    [20, 10, 'open'],
    [200, 100, 'open'],
    [200, 99, 'closed'],
    [19, 19, 'closed'],
    [0, 0, 'closed'],
  ])('that is closed, after %s submits of which %s failed: %s', (sent, failed, state) => {
    const { captchaai } = swept(quiet, first({ submits: { sent, failed, slow: 0 } })).providers
    expect(captchaai?.breaker.state).toBe(state)
    if (state === 'open')
      expect(captchaai?.breaker).toMatchObject({
        cause: `${failed} of ${sent} submits failed`,
        until: NOON + 10_000,
      })
  })

  it.each([
    [20, 16, 'open'],
    [20, 15, 'closed'],
    [200, 159, 'closed'],
    [19, 19, 'closed'],
  ])('that is closed, after %s submits of which %s were slow: %s', (sent, slow, state) => {
    const { captchaai } = swept(quiet, first({ submits: { sent, failed: 0, slow } })).providers
    expect(captchaai?.breaker.state).toBe(state)
    if (state === 'open') expect(captchaai?.breaker).toMatchObject({ cause: `${slow} of ${sent} submits were slow` })
  })

  it('that is half-open or open is not opened anew by slow submits: the probe alone decides', () => {
    const half: Breaker = { state: 'half_open', since: NOON, seconds: 10, successes: 2, lease: null }
    for (const breaker of [half, open]) {
      const slow = first({ answered: false, submits: { sent: 20, failed: 20, slow: 20 } })
      expect(swept(at({ breaker }), slow, 600).providers.captchaai?.breaker).toEqual(breaker)
    }
  })
})

describe('the hold after a sweep', () => {
  const hold = (name: 'funds' | 'rate') => ({ until: NOON + 60_000, class: name, code: 'X' })
  it.each([
    ['for lack of funds ends when the account has money', 'funds', true, 1, null],
    ['for lack of funds stays while it has none', 'funds', false, 1, 'funds'],
    ['because of a rate stays, whatever the account says', 'rate', true, 1, 'rate'],
    ['that is over is forgotten', 'rate', true, 60, null],
  ] as const)('%s', (_, name, isSound, seconds, left) => {
    const next = swept(at({ hold: hold(name) }), first({ isSound }), seconds)
    expect(next.providers.captchaai?.hold?.class ?? null).toBe(left)
  })

  it('for lack of funds leaves the wait that the provider asked for meanwhile, until that is over', () => {
    const asked = { ...hold('rate'), until: NOON + 30_000 }
    const control = at({ hold: { ...hold('funds'), asked } })
    const holdAt = (seconds: number, isSound = true) =>
      swept(control, first({ isSound }), seconds).providers.captchaai?.hold
    expect([holdAt(29), holdAt(30)]).toEqual([asked, null])
    expect(holdAt(29, false)).toEqual({ ...hold('funds'), asked })
  })
})

describe('the route after a sweep', () => {
  const bad = found({ isActiveBad: true })
  const sweptOften = (before: Control, sweeps: readonly SweepFindings[]): Control =>
    sweeps.reduce((control, each, n) => swept(control, each, 60 * (n + 1)), before)

  it('leaves the active provider after two bad sweeps and not after one; a repeated sweep counts once', () => {
    expect(sweptOften(quiet, [bad]).route).toMatchObject({ active: 'captchaai', badSweeps: 1 })
    expect(sweptOften(quiet, [bad, { ...bad, isNewPeriod: false }]).route.active).toBe('captchaai')
    expect(sweptOften(quiet, [bad, bad]).route.active).toBe('twocaptcha')
    expect(sweptOften(quiet, [bad, found(), bad]).route.active).toBe('captchaai')
  })

  it('comes back after five good sweeps, and not before', () => {
    const away: Control = {
      ...quiet,
      route: { active: 'twocaptcha', since: NOON - 600_000, badSweeps: 0, goodSweeps: 0 },
    }
    const routes = [1, 2, 3, 4, 5].map(
      (n) =>
        sweptOften(
          away,
          Array.from({ length: n }, () => found()),
        ).route.active,
    )
    expect(routes).toEqual(['twocaptcha', 'twocaptcha', 'twocaptcha', 'twocaptcha', 'captchaai'])
  })

  it('stays for the dwell time, however bad its provider is, and does not count beyond what matters', () => {
    const young: Control = { ...quiet, route: { ...quiet.route, since: NOON } }
    const short = [bad, bad, bad].reduce((control, each, n) => swept(control, each, 30 * (n + 1)), young)
    expect(short.route).toMatchObject({ active: 'captchaai', badSweeps: 2 })
    expect(swept(short, bad, 120).route.active).toBe('twocaptcha')
  })

  it('goes nowhere where no other provider is sound', () => {
    const alone = found({
      isActiveBad: true,
      providers: [finding('captchaai'), finding('twocaptcha', { isSound: false })],
    })
    expect(sweptOften(quiet, [alone, alone, alone]).route).toMatchObject({ active: 'captchaai', badSweeps: 2 })
  })
})

describe('the polls after a sweep', () => {
  it('are a slow fallback once callbacks tell of half of the solutions, and until they tell of less than a quarter', () => {
    const isFallback = (before: Control, calledBack: number | null) => swept(before, found({ calledBack })).callbacks
    const on: Control = { ...quiet, callbacks: true }
    expect([0.49, 0.5, null].map((share) => isFallback(quiet, share))).toEqual([false, true, false])
    expect([0.25, 0.24, null].map((share) => isFallback(on, share))).toEqual([true, false, true])
  })
  it('follow the solve times that were observed, and nothing is written while these say the same', () => {
    const solveSeconds = { turnstile: [0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
    const once = swept(quiet, found({ solveSeconds }))
    expect(once.waits.turnstile).toMatchObject({ first: expect.any(Number), interval: expect.any(Number) })
    const settled = [1, 2, 3].reduce((control) => swept(control, found({ solveSeconds })), once)
    expect(swept(settled, found({ solveSeconds }))).toBe(settled)
  })
})

describe('a half-open breaker while nobody asks', () => {
  const halfOpen = at({
    breaker: { state: 'half_open', since: NOON, seconds: 20, successes: 0, lease: null, result: null },
  })
  const breakerAfter = (sweeps: number, changes: Partial<ProviderFinding> = {}, demand = false) =>
    Array.from({ length: sweeps }).reduce<Control>(
      (control, _, n) => swept(control, { ...first(changes), demand }, 60 * (n + 1)),
      halfOpen,
    ).providers.captchaai?.breaker
  it('is closed by as many answered account calls as breakerSuccesses, and the ramp begins', () => {
    expect(breakerAfter(2)).toMatchObject({ state: 'half_open', successes: 2 })
    expect(breakerAfter(3)).toMatchObject({ state: 'closed', rampSince: NOON + 180_000 })
  })
  it('is not closed by calls that are not answered, nor while a task is there that can prove more', () => {
    expect(breakerAfter(5, { answered: false })).toMatchObject({ state: 'half_open', successes: 0 })
    expect(breakerAfter(5, {}, true)).toMatchObject({ state: 'half_open', successes: 0 })
  })
})

describe('an account that was asked by the sweep', () => {
  const refused = { fingerprint: '', at: NOON, code: 'KEY_MISSING' }
  const key = { good: null, refused, lease: null }
  it.each([
    [true, null],
    [false, refused],
    [null, refused],
  ])('and answered (%s) shows that the secret has a key', (answered, left) => {
    expect(swept(at({ key }), first({ answered })).providers.captchaai?.key).toEqual({ ...key, refused: left })
  })

  const result = { count: 4, since: NOON }
  /** The provider asked for a wait of 60 s, longer than the fleet's own 10 s. */
  const asked: Breaker = { ...open, until: NOON + 60_000, result }
  it.each([
    ['is back in the last moment of a wait that it asked for', asked, true, false, 59.999, asked],
    [
      'is back when that wait is over, and nobody asks: the first probe was good, and old failures of polls count no more',
      ...([asked, true, false, 60] as const),
      { state: 'half_open', since: NOON + 60_000, seconds: 10, successes: 1, lease: null, result: null },
    ],
    [
      'is back while tasks are there: only they can close the breaker',
      ...([asked, true, true, 60] as const),
      { state: 'half_open', since: NOON + 60_000, seconds: 10, successes: 0, lease: null, result: null },
    ],
    [
      'is not new at answering: failures of polls go on counting',
      ...([asked, false, false, 60] as const),
      { state: 'half_open', since: NOON + 60_000, seconds: 10, successes: 0, lease: null, result },
    ],
  ])('and %s', (_, breaker, isBack, demand, second, expected) => {
    const next = swept(at({ breaker }), { ...first({ isBack }), demand }, second)
    expect(next.providers.captchaai?.breaker).toStrictEqual(expected)
  })
})

describe('what one sweep finds of several things at once', () => {
  it('leaves a provider at once whose breaker it opens in its second bad sweep', () => {
    const lost = first({ submits: { sent: 40, failed: 20, slow: 0 } })
    const before = { ...quiet, route: { ...quiet.route, badSweeps: 1 } }
    expect(swept(before, lost, 9)).toEqual({
      ...at({
        breaker: { ...open, since: NOON + 9000, until: NOON + 19_000, cause: '20 of 40 submits failed', result: null },
      }),
      route: { active: 'twocaptcha', since: NOON + 9000, badSweeps: 0, goodSweeps: 0 },
    })
  })

  it('comes back to a preferred provider in the sweep that finds its money', () => {
    const hold = { until: NOON + 90_000, class: 'funds', code: 'ERROR_ZERO_BALANCE' } as const
    const route = { active: 'twocaptcha', since: NOON - 600_000, badSweeps: 0, goodSweeps: 4 }
    expect(swept({ ...at({ hold }), route }, found(), 9)).toEqual({
      ...quiet,
      route: { active: 'captchaai', since: NOON + 9000, badSweeps: 0, goodSweeps: 0 },
    })
  })

  it('prefers providers in the order of the settings, in whichever order the item has them', () => {
    const reversed = { ...quiet, providers: { twocaptcha: initialProvider, captchaai: initialProvider } }
    const away = { active: 'twocaptcha', since: NOON - 600_000, badSweeps: 0, goodSweeps: 4 }
    expect(swept({ ...reversed, route: away }, found(), 9).route).toEqual({
      ...{ active: 'captchaai', since: NOON + 9000, badSweeps: 0, goodSweeps: 0 },
    })
    const home = { ...away, active: 'captchaai' }
    expect(swept({ ...reversed, route: home }, found(), 9).route).toEqual({ ...home, goodSweeps: 0 })
  })

  it('knows threads as of this sweep only, and what the fleet learned of them and of the key goes on', () => {
    const learned = { limit: 3, at: NOON - 1000, raiseAfterSeconds: 40 }
    const key = { good: 'k1', refused: null, lease: { id: 'i-1', until: NOON + 9000 } }
    const before = at({ threads: 9, learned, key })
    expect(swept(before, first({ threads: 4 }))).toEqual(at({ threads: 4, learned, key }))
    expect(swept(before, first({ threads: null }))).toEqual(at({ threads: null, learned, key }))
  })

  it('counts no sweep of a period that was counted, and knows mode, drain rate and callbacks anew all the same', () => {
    const again = found({
      ...{ isNewPeriod: false, isActiveBad: true, mode: 'emergency', settledPerSecond: 3, calledBack: 0.9 },
    })
    const route = { ...quiet.route, badSweeps: 1, goodSweeps: 3 }
    expect(swept({ ...quiet, route }, again)).toEqual({
      ...quiet,
      ...{ route, mode: 'emergency', drainPerSecond: 3, callbacks: true },
    })
  })

  it('counts on the places of the provider where tasks go, as many as were learned there', () => {
    const solveSeconds = { turnstile: [0, 0, 0, 0, 90, 10] }
    const learned = { limit: 20, at: NOON - 9000, raiseAfterSeconds: 10 }
    const providers = { ...quiet.providers, twocaptcha: { ...initialProvider, learned } }
    const rate = (active: string, seconds = 0) => {
      const route = { ...quiet.route, active, since: NOON - 1000 }
      const known = found({ providers: [finding('captchaai', { threads: 90 }), finding('twocaptcha')] })
      return swept({ ...quiet, providers, route }, { ...known, solveSeconds }, seconds).drainPerSecond
    }
    expect([rate('captchaai'), rate('twocaptcha'), rate('twocaptcha', 1)]).toEqual([3.5, 0.78, 0.82])
  })

  it('counts on the places of the plan that it has just read', () => {
    // 18 s on average, found 2.5 s later.
    const solveSeconds = { turnstile: [0, 0, 0, 0, 90, 10] }
    const before = at({ threads: 90 })
    const rate = (threads: number) => swept(before, { ...first({ threads }), solveSeconds }).drainPerSecond
    expect([rate(30), rate(60)].map((one) => Number((one ?? 0).toFixed(1)))).toEqual([1.2, 2.3])
  })
})
