import { describe, expect, it } from 'vitest'
import { factsOf, providerOf, withLostAttempt } from '../../../functions/core/task/task.ts'
import { claimedItem, expiredItem } from '../../stores/builders.ts'

const { state: _s, leaseUntil: _l, ...facts } = claimedItem({ token: 'secret' })
const lost = [{ attempt: 'a0' }, { attempt: 'a1', provider: 'twocaptcha' }]
const claimed = { ...facts, lost, attempt: 'a2', state: 'claimed', leaseUntil: 1, provider: 'captchaai' } as const
const unknown = { ...facts, lost, attempt: 'a1', state: 'unknown' } as const

describe('the provider of an attempt', () => {
  it.each([
    ['is that of the claim', claimed, 'a2', 'captchaai'],
    ['is that of the lost attempt of this name', claimed, 'a1', 'twocaptcha'],
    ['is not known where the lost attempt does not name it', claimed, 'a0', undefined],
    ['is not known of an attempt that the item does not name', claimed, 'a9', undefined],
    ['is that of the lost attempt where its answer was the last one lost', unknown, 'a1', 'twocaptcha'],
  ] as const)('%s', (_, item, attempt, provider) => {
    expect(providerOf(item, attempt)).toBe(provider)
  })
})

describe('a task item', () => {
  it('whose answer was lost has one charge more, an uncertain one, and says who was asked where that is known', () => {
    const counts = { charges: 1, uncertainCharges: 1 }
    expect(withLostAttempt({ ...facts, attempt: 'a1' }, 'captchaai')).toStrictEqual({
      ...{ ...facts, ...counts, attempt: 'a1', lost: [{ attempt: 'a1', provider: 'captchaai' }] },
    })
    expect(withLostAttempt({ ...facts, attempt: 'a1' }, undefined).lost).toStrictEqual([{ attempt: 'a1' }])
  })

  it('has the same facts in every state', () => {
    const submitted = { state: 'submitted', provider: 'captchaai', captchaId: '7', submittedAt: 1 } as const
    expect(factsOf({ ...claimed, lost: [], attempt: facts.attempt })).toStrictEqual(facts)
    expect(factsOf({ ...facts, ...submitted })).toStrictEqual(facts)
    expect(factsOf({ ...expiredItem(), ...facts })).toStrictEqual(facts)
  })
})
