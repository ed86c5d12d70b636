import { afterEach, expect, it, vi } from 'vitest'
import { missingKey, unreadableSecret, untestedKey } from '../../functions/adapters/provider/key-failures.ts'
import { makeKeyStates } from '../../functions/adapters/provider/key-states.ts'
import { makePermitKey } from '../../functions/adapters/provider/permit-key.ts'
import { UNSHARED_KEYS } from '../../functions/adapters/provider/unshared-keys.ts'
import type { SharedKeys } from '../../functions/core/ports.ts'
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

it('the result of another environment’s probe is read every 250 ms, at the last moment of the patience too', async () => {
  const clock = memoryClock(NOON, { skip: true })
  const states = makeKeyStates(clock)
  const asked: number[] = []
  const useOf = async () => {
    asked.push(clock.now() - NOON)
    return { kind: 'wait', until: NOON + 60_000 } as const
  }
  const shared = { ...UNSHARED_KEYS, useOf }
  const permitKey = makePermitKey({ states, shared, clock, log: () => {}, keyRetrySeconds: 900 })
  const state = states.markUntried('captchaai', 'one')
  expect(await permitKey({ provider: 'captchaai', state, patienceMs: () => 1000 })).toMatchObject({
    ...{ class: 'transient', code: 'KEY_UNTESTED' },
  })
  expect(asked).toEqual([0, 250, 500, 750, 1000])
  expect(state.probe).toBeNull()
})

const REFUSED = { class: 'auth', code: 'REFUSED' }
it.each<[Awaited<ReturnType<SharedKeys['useOf']>>, number, object, string]>([
  [{ kind: 'unknown' }, 899_999, REFUSED, 'refused'],
  [{ kind: 'unknown' }, 900_000, { key: 'one' }, 'untried'],
  [{ kind: 'wait', until: NOON + 1_000_000 }, 900_000, REFUSED, 'refused'],
  [{ kind: 'refused', code: 'OTHER' }, 900_000, REFUSED, 'refused'],
  [{ kind: 'probe' }, 0, { key: 'one' }, 'untried'],
  [{ kind: 'send' }, 0, { key: 'one' }, 'good'],
])('a refused key of which the fleet says %j is after %i ms: %j, and then %s', async (use, passed, permit, then) => {
  const clock = memoryClock(NOON)
  const states = makeKeyStates(clock)
  const shared = { ...UNSHARED_KEYS, useOf: async () => use }
  const permitKey = makePermitKey({ states, shared, clock, log: () => {}, keyRetrySeconds: 900 })
  states.markRefused('captchaai', 'one', 'REFUSED')
  clock.set(NOON + passed)
  const state = states.get('captchaai') ?? states.markUntried('captchaai', 'none')
  expect(await permitKey({ provider: 'captchaai', state, patienceMs: () => 0 })).toMatchObject(permit)
  expect(states.get('captchaai')?.kind).toBe(then)
})

it.each<[Awaited<ReturnType<SharedKeys['useOf']>>, object, string, boolean]>([
  [{ kind: 'send' }, { key: 'one' }, 'good', false],
  [{ kind: 'probe' }, { key: 'one' }, 'untried', true],
  [{ kind: 'unknown' }, { key: 'one' }, 'untried', true],
  [{ kind: 'refused', code: 'REFUSED' }, REFUSED, 'refused', false],
])(
  'an untried key of which the fleet says %j is: %j, and then %s; others wait for this call: %s',
  async (use, permit, then, wait) => {
    const clock = memoryClock(NOON)
    const states = makeKeyStates(clock)
    const shared = { ...UNSHARED_KEYS, useOf: async () => use }
    const permitKey = makePermitKey({ states, shared, clock, log: () => {}, keyRetrySeconds: 900 })
    const state = states.markUntried('captchaai', 'one')
    expect(await permitKey({ provider: 'captchaai', state, patienceMs: () => 0 })).toMatchObject(permit)
    expect(states.get('captchaai')?.kind).toBe(then)
    expect(state.probe !== null).toBe(wait)
  },
)

it('a call that may not send is told why in a sentence that names the provider', () => {
  expect([unreadableSecret, missingKey, untestedKey].map((failure) => failure('captchaai'))).toEqual([
    {
      class: 'auth',
      code: 'SECRET_UNREADABLE',
      message: 'The secret with the API keys cannot be read, so captchaai was not asked.',
    },
    { class: 'auth', code: 'KEY_MISSING', message: 'The secret holds no API key for captchaai.' },
    {
      class: 'transient',
      code: 'KEY_UNTESTED',
      message: 'Another worker is trying the new API key of captchaai, so nothing was sent.',
    },
  ])
})
