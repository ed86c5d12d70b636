import { marshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import { parseAdmission, storedControl } from '../../functions/adapters/dynamodb/admission-item.ts'
import { admissionKey } from '../../functions/contract/table.ts'
import type { Breaker } from '../../functions/core/admission/breaker/breaker-state.ts'
import { initialProvider } from '../../functions/core/admission/item/initial.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { fullAdmission } from './builders.ts'

const { control: full, counts, epoch } = fullAdmission()
/** What is read of an item with this control, whichever version wrote it. */
function read(control: object) {
  const bytes = storedControl(JSON.parse(JSON.stringify(control)))
  return parseAdmission(marshall({ ...admissionKey, schema: 1, epoch, ...counts, control: bytes, by: 'abc-_1' }))
}
const whole = (control: object) => ({ kind: 'admission', admission: { epoch, counts, control } })

const polls = { count: 4, since: NOON - 9000 }
const lease = { id: 'i-1', until: NOON + 7000 }
const BREAKERS: Record<string, Breaker> = {
  'that never opened': { state: 'closed', submit: null, result: null, rampSince: null },
  'that closed lately, and knows for how long it was open': {
    ...{ state: 'closed', submit: { count: 2, since: NOON - 1 }, result: polls, rampSince: NOON - 3000, seconds: 20 },
  },
  'that is open': { state: 'open', since: NOON, until: NOON + 1, seconds: 10, cause: 'X', result: polls },
  'that an earlier version opened': { state: 'open', since: NOON, until: NOON + 1, seconds: 10, cause: 'X' },
  'that is probed': { state: 'half_open', since: NOON, seconds: 40, successes: 2, lease, result: polls },
  'that nobody probes': { state: 'half_open', since: NOON, seconds: 40, successes: 0, lease: null, result: null },
}

describe('the admission item is read as it was written', () => {
  it.each(Object.entries(BREAKERS))('with a breaker %s', (_, breaker) => {
    const control = { ...full, providers: { ...full.providers, captchaai: { ...initialProvider, breaker } } }
    expect(read(control)).toEqual(whole(control))
  })

  it('with everything that it may hold', () => {
    expect(read(full)).toEqual(whole(full))
  })

  it.each(Object.values(BREAKERS))(
    'with what a later version added at every depth: this one does not take it away',
    (breaker) => {
      /** A field more in every object but those whose names are free: providers and waits. */
      const added = (value: unknown, name = ''): unknown => {
        if (typeof value !== 'object' || value === null) return value
        const inner = Object.entries(value).map(([key, one]) => [key, added(one, key)])
        return Object.fromEntries(name === 'providers' || name === 'waits' ? inner : [...inner, ['later', 7]])
      }
      const control = added({ ...full, providers: { ...full.providers, captchaai: { ...initialProvider, breaker } } })
      expect(read(Object(control))).toEqual(whole(Object(control)))
    },
  )

  it('without what an earlier version did not know', () => {
    const { callbacks: _callbacks, ...earlier } = full
    expect(read(earlier)).toEqual(whole({ ...earlier, callbacks: false }))
  })
})
