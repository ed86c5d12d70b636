import { describe, expect, it } from 'vitest'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import type { Control } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { gateOf } from '../../../functions/core/admission/steps/gate.ts'
import { pauseChange, resumeChange } from '../../../functions/core/admission/steps/pause.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const { control } = initialAdmission(['captchaai', 'twocaptcha'])
const OPEN: Breaker = { state: 'open', since: NOON, until: NOON + 10_000, seconds: 10, cause: 'HTTP_502' }
const HALF: Breaker = { state: 'half_open', since: NOON, seconds: 10, successes: 0, lease: null }
const breakers = (first: Breaker, second: Breaker): Control => ({
  ...control,
  providers: {
    captchaai: { ...initialProvider, breaker: first },
    twocaptcha: { ...initialProvider, breaker: second },
  },
})
const PAUSE = { by: 'ops/anna', at: NOON, reason: 'moving house' }

describe('the gate', () => {
  it.each([
    ['every provider can be used', control, 0, null],
    ['none could be used for 14.9 s', breakers(OPEN, OPEN), 14.9, null],
    ['none could be used for 15 s', breakers(OPEN, OPEN), 15, 'no_usable_provider'],
    ['a half-open breaker needs a real task', breakers(OPEN, HALF), 3600, null],
    ['a person paused', { ...control, pause: PAUSE }, 0, 'paused'],
    ['a person paused, whatever a breaker needs', { ...breakers(HALF, HALF), pause: PAUSE }, 60, 'paused'],
    ['none can be used for another reason than a breaker', control, 15, 'no_usable_provider'],
  ] as const)('where %s', (_, of, unusableSeconds, shut) => {
    expect(gateOf(of, unusableSeconds)).toBe(shut)
  })
})

describe("a person's pause", () => {
  it('is written once, and a second one changes nothing and tells the first', () => {
    const { control: paused = control, before } = pauseChange(control, PAUSE)
    expect({ before, pause: paused.pause }).toEqual({ before: null, pause: PAUSE })
    expect(pauseChange(paused, { ...PAUSE, by: 'ops/ben', at: NOON + 1 })).toEqual({ before: PAUSE })
  })

  it('is ended by a resume, which changes nothing else, and nothing at all where there was none', () => {
    expect(resumeChange({ ...control, pause: PAUSE })).toEqual({ control, before: PAUSE })
    expect(resumeChange(control)).toEqual({ before: null })
  })
})
