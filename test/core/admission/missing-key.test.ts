import { describe, expect, it } from 'vitest'
import type { KeyControl } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { withAnyKey, withoutAnyKey } from '../../../functions/core/admission/route/key-rules.ts'
import { changesOf } from '../../../functions/core/admission/steps/changes.ts'
import { observe } from '../../../functions/core/admission/steps/observe.ts'
import { observationOf } from '../../../functions/core/provider/observation.ts'
import { NOON } from '../../../sim/memory/clock.ts'
import { defaultObserveSettings } from '../../../sim/memory/observe-settings.ts'

const lease = { id: 'i-1', until: NOON + 10_000 }
const good: KeyControl = { good: 'k1', refused: null, lease }
const refused: KeyControl = { good: null, refused: { fingerprint: 'k1', at: NOON, code: 'BAD_KEY' }, lease: null }
const missing: KeyControl = { good: null, refused: { fingerprint: '', at: NOON, code: 'KEY_MISSING' }, lease: null }

describe('a secret without a key', () => {
  it('is as a refused key, whatever was known of keys before', () => {
    for (const before of [good, refused, { ...good, refused: missing.refused }]) {
      const { lease: kept, ...key } = withoutAnyKey(before, 'KEY_MISSING', NOON)
      expect({ ...key, lease: null }).toEqual(missing)
      expect(kept).toBe(before.lease)
    }
  })

  it('is told once: what is known already changes nothing', () => {
    expect(withoutAnyKey(missing, 'KEY_MISSING', NOON + 9000)).toBe(missing)
  })

  it('ends with an answer of the account, which ends no refusal of a key', () => {
    expect(withAnyKey(missing)).toEqual({ good: null, refused: null, lease: null })
    for (const other of [good, refused, { ...missing, good: 'k2' }]) expect(withAnyKey(other)).toBe(other)
  })

  it('is learned from a submit that was not sent for want of a key, and from no other refusal', () => {
    const { control, counts } = initialAdmission(['captchaai'])
    const told = (code: string) => {
      const seen = observationOf('captchaai', 'submit', { class: 'auth', code }, NOON)
      const settings = { ...defaultObserveSettings, order: ['captchaai'] }
      return observe({ control, counts }, { by: 'i-1', observations: [seen] }, NOON, settings)
    }
    expect(told('KEY_MISSING').providers.captchaai).toEqual({ ...initialProvider, key: missing })
    expect(told('ERROR_KEY_DOES_NOT_EXIST')).toBe(control)
  })
})

it('a change of the mode is told with its cause', () => {
  const { control } = initialAdmission(['captchaai'])
  const strained = { ...control, mode: 'degraded' } as const
  expect(changesOf(control, strained, NOON, '200 tasks wait')).toEqual([
    { at: NOON, what: 'mode', provider: '', from: 'normal', to: 'degraded', cause: '200 tasks wait' },
  ])
  expect(changesOf(strained, { ...strained, callbacks: true }, NOON, '200 tasks wait')).toEqual([])
})
