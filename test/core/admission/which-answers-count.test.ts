import { describe, expect, it } from 'vitest'
import { afterObservation } from '../../../functions/core/admission/breaker/breaker.ts'
import { CLOSED, released } from '../../../functions/core/admission/breaker/breaker-periods.ts'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import type { ProviderControl } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { countersBegun, observe } from '../../../functions/core/admission/steps/observe.ts'
import type { FailureClass } from '../../../functions/core/provider/error-class.ts'
import { type Observation, observationOf } from '../../../functions/core/provider/observation.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const SETTINGS = {
  ...{ breakerFailures: 5, breakerSpanSeconds: 15, breakerFirstOpenSeconds: 10, breakerOpenSeconds: 60 },
  ...{ breakerSuccesses: 3, dwellSeconds: 120, balanceSeconds: 60, order: ['captchaai', 'twocaptcha'] },
}
const seen = (what: FailureClass | 'ok', second: number, operation: Observation['operation'] = 'submit') =>
  observationOf('captchaai', operation, what === 'ok' ? null : { class: what, code: 'HTTP_502' }, NOON + second * 1000)
const breakerAfter = (breaker: Breaker, ...all: Observation[]) =>
  all.reduce((before, one) => afterObservation(before, one, 'i-1', SETTINGS), breaker)
const failures = [0, 1, 2, 3, 4].map((second) => seen('transient', second))

describe('a closed breaker with five failures in a few seconds', () => {
  it.each(['rate', 'auth', 'unknown'] as const)(
    'is not opened by an answer of class %s, however much later',
    (name) => {
      const later = breakerAfter(CLOSED, ...failures, seen(name, 60))
      expect(later).toEqual({ ...CLOSED, submit: { count: 5, since: NOON } })
      expect(breakerAfter(later, seen('transient', 61)).state).toBe('open')
    },
  )

  it('is not opened by a good answer from before the first of them, which says nothing about them', () => {
    const before = breakerAfter(CLOSED, ...failures, seen('ok', -1))
    expect(before).toEqual({ ...CLOSED, submit: { count: 5, since: NOON } })
    expect(breakerAfter(before, seen('ok', 0))).toEqual({ ...CLOSED })
  })
})

it.each(['KEY_UNTESTED', 'NO_TIME'])('a request that was never sent (%s) opens no breaker, however often', (code) => {
  const unsent = failures.map(({ at }) =>
    observationOf('captchaai', 'submit', { class: 'transient', code }, at + 60_000),
  )
  expect(breakerAfter(CLOSED, ...unsent)).toBe(CLOSED)
})

describe('an open breaker', () => {
  const open: Breaker = {
    ...{ state: 'open', since: NOON, until: NOON + 60_000, seconds: 60, cause: 'X' },
    result: { count: 5, since: NOON },
  }
  it('stays open while polls go on failing, and ends with the first that is answered', () => {
    const failing = breakerAfter(open, seen('transient', 20, 'result'), seen('transient', 25, 'result'))
    expect(failing).toMatchObject({ state: 'open', until: NOON + 60_000, result: { count: 7 } })
    expect(breakerAfter(failing, seen('ok', 30, 'result'))).toMatchObject({ until: NOON + 30_000, result: null })
  })

  it('is the very same object after a block that ends no later, so that nothing is written', () => {
    expect(breakerAfter(open, seen('blocked', 0))).toBe(open)
    expect(breakerAfter(open, seen('blocked', 1))).toMatchObject({ until: NOON + 61_000, since: NOON })
  })
})

describe('a half-open breaker', () => {
  const half: Breaker = {
    ...{ state: 'half_open', since: NOON, seconds: 10, successes: 0, result: null },
    lease: { id: 'i-1', until: NOON + 18_000 },
  }
  it.each(['submit', 'result'] as const)(
    'opens on a block, whoever met it: a %s of another invocation',
    (operation) => {
      const blocked = afterObservation(half, seen('blocked', 5, operation), 'i-2', SETTINGS)
      expect(blocked).toMatchObject({ state: 'open', since: NOON + 5000, until: NOON + 65_000, cause: 'HTTP_502' })
    },
  )

  it('does not take a poll of the probing invocation for its probe', () => {
    expect(breakerAfter(half, seen('ok', 5, 'result'))).toBe(half)
    expect(breakerAfter(half, seen('transient', 5, 'result'))).toMatchObject({
      state: 'half_open',
      lease: { id: 'i-1' },
    })
  })

  it('opens with the code of a probe that failed', () => {
    expect(breakerAfter(half, seen('uncertain', 5))).toMatchObject({ state: 'open', cause: 'probe: HTTP_502' })
  })

  it('loses its lease with the invocation that holds it, and with no other', () => {
    expect(released(half, 'i-1')).toEqual({ ...half, lease: null })
    expect(released(half, 'i-2')).toBe(half)
    const free: Breaker = { ...half, lease: null }
    expect(released(free, 'i-1')).toBe(free)
  })
})

describe('the answers of one invocation', () => {
  const admission = initialAdmission(['captchaai'])
  const told = (learned: ProviderControl['learned'], inFlight: number, ...observations: Observation[]) => {
    const providers = { captchaai: { ...initialProvider, learned } }
    const control = { ...admission.control, providers }
    const from = { control, counts: { inFlight_captchaai: inFlight } }
    return observe(from, { by: 'i-1', observations }, NOON, SETTINGS).providers.captchaai
  }

  it('count in the order of their times, in whatever order they are told', () => {
    const [one, two, ...others] = failures.map((failure) => ({ ...failure, at: failure.at + 1000 }))
    if (one === undefined || two === undefined) throw new Error('no failures')
    const good = seen('ok', 10)
    expect(told(null, 0, good, two, ...others, one)?.breaker).toEqual(CLOSED)
    const worse = seen('transient', 20)
    expect(told(null, 0, worse, good, one)?.breaker).toMatchObject({ submit: { count: 1, since: NOON + 20_000 } })
  })

  it('raise a learned limit only where a submit was accepted, and lower it only where one found no thread', () => {
    const learned = { limit: 3, at: NOON, raiseAfterSeconds: 10 }
    expect(told(learned, 4, seen('ok', 1))?.learned).toMatchObject({ limit: 4 })
    for (const other of [seen('ok', 1, 'result'), seen('task', 1), seen('capacity', 1, 'result')])
      expect(told(learned, 4, other)?.learned).toEqual(learned)
    expect(told(learned, 2, seen('capacity', 1))?.learned).toMatchObject({ limit: 2 })
  })
})

it('the counter of a ramp begins only with a breaker that closes after its probes', () => {
  const half: Breaker = { state: 'half_open', since: NOON, seconds: 10, successes: 0, lease: null }
  const open: Breaker = { state: 'open', since: NOON, until: NOON, seconds: 10, cause: 'X' }
  const { control } = initialAdmission([])
  const at = (breaker: Breaker | null) =>
    breaker === null ? control : { ...control, providers: { captchaai: { ...initialProvider, breaker } } }
  expect(countersBegun(at(half), at(CLOSED))).toEqual({ ramped_captchaai: 0 })
  for (const [before, next] of [
    [half, half],
    [half, open],
    [open, half],
    [null, CLOSED],
  ] as const)
    expect(countersBegun(at(before), at(next))).toEqual({})
})
