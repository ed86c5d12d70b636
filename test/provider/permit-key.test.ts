import { afterEach, expect, it, vi } from 'vitest'
import { makeKeyStates } from '../../functions/adapters/provider/key-states.ts'
import { makePermitKey } from '../../functions/adapters/provider/permit-key.ts'
import { UNSHARED_KEYS } from '../../functions/adapters/provider/unshared-keys.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'

it.each([
  ['is sent where the fleet knows nothing against it', null, { key: 'one' }],
  ['is not sent where another worker has met a refusal of it meanwhile', 'REFUSED', { class: 'auth', code: 'REFUSED' }],
])('a key that is good when the wait for its probe ends %s', async (_, refusal, expected) => {
  const clock = memoryClock()
  const states = makeKeyStates(clock)
  const shared = { ...UNSHARED_KEYS, refusalOf: async () => refusal }
  const permitKey = makePermitKey({ states, shared, clock, log: () => {}, keyRetrySeconds: 900 })
  const probe = Promise.withResolvers<void>()
  const state = states.markUntried('captchaai', 'one')
  state.probe = probe.promise
  const permitted = permitKey({ provider: 'captchaai', state, patienceMs: () => 10_000 })
  states.markGood('captchaai', 'one')
  probe.resolve()
  expect(await permitted).toMatchObject(expected)
})

afterEach(() => {
  vi.useRealTimers()
})

it('a call that waited in vain for the probe of another call is answered then: it waits for nobody else after that', async () => {
  vi.useFakeTimers()
  const clock = memoryClock(NOON, { skip: true })
  const states = makeKeyStates(clock)
  const lease = { kind: 'wait', until: NOON + 60_000 } as const
  const asked: number[] = []
  const useOf = async () => {
    asked.push(clock.now() - NOON)
    return lease
  }
  const permitKey = makePermitKey({
    ...{ states, shared: { ...UNSHARED_KEYS, useOf }, clock, log: () => {} },
    keyRetrySeconds: 900,
  })
  const state = states.markUntried('captchaai', 'one')
  state.probe = new Promise(() => {})
  const permitted = permitKey({ provider: 'captchaai', state, patienceMs: () => 2000 })
  await vi.advanceTimersByTimeAsync(1999)
  expect(asked).toEqual([])
  await vi.advanceTimersByTimeAsync(1)
  expect(await permitted).toMatchObject({ class: 'transient', code: 'KEY_UNTESTED' })
  expect(asked).toEqual([0])
})
