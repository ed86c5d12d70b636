import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KeyControl } from '../../../functions/core/admission/item/admission.ts'
import {
  afterKeyAnswer,
  isKeyRefused,
  sweepRetrySeconds,
  useOfKey,
  withAnyKey,
  withKeyLease,
  withoutAnyKey,
} from '../../../functions/core/admission/route/key-rules.ts'

const T = Date.UTC(2026, 10, 21, 12)
const NEW: KeyControl = { good: null, refused: null, lease: null }
const ask = (key: KeyControl, fingerprint: string, second = 0, retrySeconds: number | null = null) =>
  useOfKey(key, { fingerprint, now: T + second * 1000, retrySeconds }).kind
const refusal = (fingerprint: string, second = 0) => ({
  fingerprint,
  code: 'ERROR_WRONG_USER_KEY',
  at: T + second * 1000,
})
const acceptance = (fingerprint: string) => ({ fingerprint, code: null, at: T })

it.each([
  [900, 898],
  [30, 28],
  [20, 18],
  [10, 9],
  [1, 0.9],
])('a refused key that is to be tried again after %s s is tried by a sweep that comes after %s s', (setting, sweep) => {
  expect(sweepRetrySeconds(setting)).toBe(sweep)
})

describe('a key', () => {
  it('that nobody has used is probed by one caller, and the others wait until its lease is over', () => {
    expect(ask(NEW, 'k1')).toBe('probe')
    const probing = withKeyLease(NEW, { id: 'a', until: T + 10_000 })
    expect(ask(probing, 'k1', 9)).toBe('wait')
    expect(ask(probing, 'k1', 10)).toBe('probe')
  })

  it('that was accepted is sent by everybody, and the refusal of an older one is forgotten', () => {
    const key = afterKeyAnswer(
      { ...NEW, refused: { ...refusal('k1'), code: 'X' }, lease: { id: 'a', until: T } },
      acceptance('k2'),
      'a',
    )
    expect(key).toEqual({ good: 'k2', refused: null, lease: null })
    expect(ask(key, 'k2')).toBe('send')
  })

  it('that was refused is sent by no worker ever, and by a sweep once the slow retry is due', () => {
    const key = afterKeyAnswer(NEW, refusal('k1'), 'a')
    expect(isKeyRefused(key)).toBe(true)
    expect([0, 899, 90_000].map((second) => ask(key, 'k1', second))).toEqual(['refused', 'refused', 'refused'])
    expect([899, 900].map((second) => ask(key, 'k1', second, 900))).toEqual(['refused', 'probe'])
    expect(ask(key, 'k2')).toBe('probe')
  })

  it('that is good stays good when an older one is refused that some worker still had', () => {
    const key = afterKeyAnswer({ ...NEW, good: 'k2' }, refusal('k1'), 'a')
    expect(isKeyRefused(key)).toBe(false)
    expect([ask(key, 'k1'), ask(key, 'k2')]).toEqual(['refused', 'send'])
  })

  it('that was good and is refused is given up by everybody', () => {
    const key = afterKeyAnswer({ ...NEW, good: 'k1' }, refusal('k1'), 'a')
    expect(key).toMatchObject({ good: null, refused: { fingerprint: 'k1' } })
  })

  it('that was refused and may be tried again is tried by one caller at a time', () => {
    const due: KeyControl = { ...afterKeyAnswer(NEW, refusal('k1', -900), 'a'), lease: { id: 'b', until: T + 7000 } }
    const asked = (second: number) => useOfKey(due, { fingerprint: 'k1', now: T + second * 1000, retrySeconds: 900 })
    expect([asked(-1), asked(6.999), asked(7)]).toEqual([
      { kind: 'refused', code: 'ERROR_WRONG_USER_KEY' },
      { kind: 'wait', until: T + 7000 },
      { kind: 'probe' },
    ])
  })

  it('that is refused once more is tried again as long after that as after the first time', () => {
    const twice = afterKeyAnswer(
      afterKeyAnswer(NEW, refusal('k1', -900), 'a'),
      { ...refusal('k1', 3), code: 'SUSPENDED' },
      'b',
    )
    expect(twice).toEqual({
      good: null,
      refused: { fingerprint: 'k1', at: T + 3000, code: 'SUSPENDED' },
      lease: null,
    })
    expect([902, 903].map((second) => ask(twice, 'k1', second, 900))).toEqual(['refused', 'probe'])
  })

  it('is known whole after each answer: what was good, what was refused, and whose lease it is', () => {
    const lease = { id: 'a', until: T + 7000 }
    const old = { fingerprint: 'k0', at: T - 5000, code: 'OLD' }
    const key: KeyControl = { good: 'k1', refused: old, lease }
    const now = { fingerprint: 'k2', at: T + 4000, code: 'ERROR_WRONG_USER_KEY' }
    expect(afterKeyAnswer(key, refusal('k2', 4), 'b')).toEqual({ good: 'k1', refused: now, lease })
    expect(afterKeyAnswer(key, refusal('k1', 4), 'a')).toEqual({
      good: null,
      refused: { ...now, fingerprint: 'k1' },
      lease: null,
    })
    expect(afterKeyAnswer(key, acceptance('k2'), 'b')).toEqual({ good: 'k2', refused: old, lease })
    expect(afterKeyAnswer(key, acceptance('k0'), 'a')).toEqual({ good: 'k0', refused: null, lease: null })
    expect(afterKeyAnswer({ ...key, good: null }, acceptance('k2'), 'a')).toEqual({
      good: 'k2',
      refused: null,
      lease: null,
    })
  })

  it('that is missing is known once, without an end to a probe that is under way; another refusal is none of that', () => {
    const lease = { id: 'a', until: T + 7000 }
    const missing: KeyControl = { good: null, refused: { fingerprint: '', at: T + 2000, code: 'KEY_MISSING' }, lease }
    expect(withoutAnyKey({ good: 'k1', refused: null, lease }, 'KEY_MISSING', T + 2000)).toEqual(missing)
    expect(withoutAnyKey(missing, 'KEY_MISSING', T + 9000)).toBe(missing)
    expect(withAnyKey(missing)).toEqual({ good: null, refused: null, lease })
    const stale: KeyControl = { ...missing, good: 'k1' }
    expect(withAnyKey(stale)).toBe(stale)
    expect(withoutAnyKey(stale, 'KEY_MISSING', T + 9000)).toEqual({
      ...missing,
      refused: { fingerprint: '', at: T + 9000, code: 'KEY_MISSING' },
    })
  })

  it('keeps the lease of a caller that has not answered yet', () => {
    const probing = withKeyLease(NEW, { id: 'a', until: T + 10_000 })
    expect(afterKeyAnswer(probing, acceptance('k0'), 'b').lease).toEqual({ id: 'a', until: T + 10_000 })
  })
})

it('whatever the interleaving of the callers, a key that is never good is sent once, or once more per lease that ran out', () => {
  const anyCall = fc.record({ by: fc.constantFrom('a', 'b', 'c'), wait: fc.nat(4000), dies: fc.boolean() })
  fc.assert(
    fc.property(fc.array(anyCall, { maxLength: 60 }), (calls) => {
      let key = NEW
      let now = T
      let sent = 0
      let deaths = 0
      for (const { by, wait, dies } of calls) {
        now += wait
        if (useOfKey(key, { fingerprint: 'k1', now, retrySeconds: null }).kind !== 'probe') continue
        key = withKeyLease(key, { id: by, until: now + 10_000 })
        sent += 1
        if (dies) deaths += 1
        else key = afterKeyAnswer(key, { fingerprint: 'k1', code: 'ERROR_WRONG_USER_KEY', at: now }, by)
      }
      expect(sent).toBeLessThanOrEqual(1 + deaths)
    }),
  )
})
