import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../functions/adapters/provider/key-states.ts'
import { type KeyJudgement, makeKeys } from '../../functions/adapters/provider/keys.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { AdmissionStore } from '../../functions/core/ports.ts'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'
import { makeFleetKeys } from '../../functions/worker/fleet-keys.ts'
import { memoryAdmissionStore } from '../../sim/memory/admission-store.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryIds } from '../../sim/memory/ids.ts'
import { memoryLog } from '../../sim/memory/log.ts'

const CODE = 'ERROR_KEY_DOES_NOT_EXIST'
type Answer = { kind: 'good'; key: string } | { kind: 'refused'; failure: ProviderFailure }
const REQUEST_MS = 300

/** Environments that share nothing but the table, and a provider that knows which keys are good. */
function fleet(good: string[], secret: { captchaai: string }) {
  const clock = memoryClock()
  const ids = memoryIds(3)
  const store = memoryAdmissionStore({ kind: 'admission', admission: initialAdmission(['captchaai']) })
  const sent: { key: string; at: number; refused: boolean }[] = []
  const { log, lines } = memoryLog()

  /** When a person's deep run found the key accepted. */
  const person: { acceptedAt: number | null; asked: number } = { acceptedAt: null, asked: 0 }
  const acceptedAt = async () => {
    person.asked += 1
    return person.acceptedAt
  }

  function environment(by: string, retrySeconds: number | null = null, table: AdmissionStore = store) {
    const env = { provider: 'captchaai', dwellSeconds: 120 } as const
    const options = { admission: table, clock, log, ids, by, retrySeconds, acceptedAt }
    const { known, shared } = makeFleetKeys({ ...options, env, leaseSeconds: 18 })
    const keys = makeKeys({ secret: { read: async () => ({ ...secret }) }, clock, log, shared, keyRetrySeconds: 900 })
    return {
      known,
      ask: (answers = true) =>
        keys.use<Answer>({
          provider: 'captchaai',
          patienceMs: () => 2000,
          hasTime: () => true,
          attempt: async (key) => {
            const refused = !good.includes(key)
            sent.push({ key, at: clock.now() - NOON, refused })
            await clock.sleep(answers ? REQUEST_MS : 60_000)
            const failure: ProviderFailure = { class: 'auth', code: CODE, message: 'The key is not known.' }
            return refused ? { kind: 'refused', failure } : { kind: 'good', key }
          },
          judge: (answer): KeyJudgement => (answer.kind === 'refused' ? answer : { kind: 'good' }),
          refuse: (failure) => ({ kind: 'refused', failure }),
        }),
    }
  }
  /** Calls begin now; time passes until all are answered. */
  async function all(calls: (() => Promise<Answer>)[]): Promise<Answer[]> {
    let open = calls.length
    const answers = calls.map((call) => call().finally(() => (open -= 1)))
    while (open > 0) await clock.advance(50)
    return Promise.all(answers)
  }
  const key = () => {
    const stored = store.stored()
    return stored.kind === 'admission' ? stored.admission.control.providers.captchaai?.key : undefined
  }
  return { clock, store, sent, lines, environment, all, key, good, secret, person }
}
const many = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const codes = (answers: Answer[]) => new Set(answers.map((a) => (a.kind === 'refused' ? a.failure.code : 'good')))

it.each([
  ['without a backup new tasks stay', undefined, 'captchaai'],
  ['with a backup new tasks go there', 'https://backup.example', 'twocaptcha'],
])('%s when the first provider refuses its key', async (_, backupProviderUrl, active) => {
  const clock = memoryClock()
  const store = memoryAdmissionStore({ kind: 'admission', admission: initialAdmission(['captchaai', 'twocaptcha']) })
  const env = { provider: 'captchaai', backupProviderUrl, dwellSeconds: 120 } as const
  const options = { admission: store, clock, log: memoryLog().log, ids: memoryIds(3), by: 'w-1', retrySeconds: null }
  const { known, shared } = makeFleetKeys({ ...options, env, leaseSeconds: 18 })
  await shared.reportAnswer('captchaai', fingerprintOf('one'), { code: CODE })
  expect(known.last(0)).toEqual(store.stored())
  expect(store.stored()).toMatchObject({ admission: { control: { route: { active } } } })
})

it('a key that the fleet knows good holds nobody up: no call of a new environment waits for the answer to its first', async () => {
  const { environment, all, sent, clock } = fleet(['one'], { captchaai: 'one' })
  await all([environment('w-1').ask])
  const cold = environment('w-2')
  for (let n = 0; n < 3; n += 1) void cold.ask(false)
  await clock.advance(100)
  expect(sent).toHaveLength(4)
})

describe('a key that the provider refuses', () => {
  it('key refused: at most 2 requests with that key, then none until it changes or the slow retry (row 23, in a fleet)', async () => {
    const { environment, all, sent, clock, key } = fleet([], { captchaai: 'wrong' })
    const environments = many(20, (n) => environment(`w-${n}`))
    const first = await all(environments.flatMap(({ ask }) => many(10, () => ask)))
    expect(codes(first)).toEqual(new Set([CODE]))
    expect(sent.length).toBeLessThanOrEqual(2)
    const before = sent.length
    for (let hour = 0; hour < 6; hour += 1) {
      await clock.advance(3_600_000)
      await all([...environments, environment(`cold-${hour}`)].map(({ ask }) => ask))
    }
    expect(sent).toHaveLength(before)
    expect(key()).toMatchObject({ good: null, refused: { fingerprint: fingerprintOf('wrong'), code: CODE } })
  })

  it('is tried again by the sweep alone, once every 900 s, and everybody goes on when it is accepted', async () => {
    const { environment, all, sent, clock, good } = fleet([], { captchaai: 'one' })
    const worker = environment('w-1')
    const sweep = environment('sweep', 900)
    await all([worker.ask])
    for (let minute = 0; minute < 31; minute += 1) {
      await clock.advance(60_000)
      await all([sweep.ask, worker.ask])
    }
    expect(sent.map(({ at }) => Math.round(at / 60_000))).toEqual([0, 15, 30])
    good.push('one')
    for (let minute = 0; minute < 14; minute += 1) {
      await clock.advance(60_000)
      await all([sweep.ask])
    }
    expect(sent).toHaveLength(4)
    expect(codes(await all(many(5, () => worker.ask)))).toEqual(new Set(['good']))
  })

  it('is tried again by the next sweep where a person found it accepted since it was refused, and by no worker', async () => {
    const { environment, all, sent, clock, good, person } = fleet([], { captchaai: 'one' })
    const worker = environment('w-1')
    const sweep = environment('sweep', 900)
    await all([worker.ask])
    good.push('one')
    await clock.advance(60_000)
    await all([worker.ask, sweep.ask])
    expect(sent).toHaveLength(1)
    person.acceptedAt = clock.now()
    const asked = person.asked
    await all([worker.ask])
    expect([sent.length, person.asked]).toEqual([1, asked])
    await all([sweep.ask])
    expect(sent).toHaveLength(2)
    await clock.advance(1_000)
    expect(codes(await all(many(5, () => worker.ask)))).toEqual(new Set(['good']))
  })

  it('is not tried again because of what a person found before it was refused, nor again and again', async () => {
    const { environment, all, sent, clock, person } = fleet([], { captchaai: 'one' })
    const sweep = environment('sweep', 900)
    person.acceptedAt = clock.now() - 1
    await all([sweep.ask])
    await clock.advance(60_000)
    await all([sweep.ask])
    expect(sent).toHaveLength(1)
    person.acceptedAt = clock.now()
    for (let minute = 0; minute < 5; minute += 1) {
      await all([sweep.ask])
      await clock.advance(60_000)
    }
    expect(sent).toHaveLength(2)
  })

  it('and whose probe dies is probed by another environment when the lease is over', async () => {
    const { environment, all, sent, clock } = fleet([], { captchaai: 'wrong' })
    void environment('dead').ask(false)
    await clock.advance(1000)
    const others = many(5, (n) => environment(`w-${n}`))
    expect(codes(await all(others.map(({ ask }) => ask)))).toEqual(new Set(['KEY_UNTESTED']))
    expect(sent).toHaveLength(1)
    await clock.advance(18_000)
    expect(codes(await all(others.map(({ ask }) => ask)))).toEqual(new Set([CODE]))
    expect(sent).toHaveLength(2)
  })
})

describe('a good key', () => {
  it('is probed by one request alone, and then sent by the whole fleet; its first use costs two writes', async () => {
    const { environment, all, sent, store } = fleet(['one'], { captchaai: 'one' })
    const answers = await all(many(20, (n) => environment(`w-${n}`)).flatMap(({ ask }) => many(5, () => ask)))
    expect(codes(answers)).toEqual(new Set(['good']))
    expect(sent).toHaveLength(100)
    expect(sent.filter(({ at }) => at < REQUEST_MS)).toHaveLength(1)
    const writes = store.writes()
    const cold = environment('cold')
    await all(many(50, () => cold.ask))
    expect(store.writes()).toBe(writes)
  })

  it('that is revoked in mid-run is sent only by what was in the air, and by none a second later', async () => {
    const { environment, all, sent, clock, good } = fleet(['one'], { captchaai: 'one' })
    const environments = many(10, (n) => environment(`w-${n}`))
    await all(environments.map(({ ask }) => ask))
    good.pop()
    const revokedAt = clock.now() - NOON
    for (let round = 0; round < 40; round += 1) {
      await all(environments.map(({ ask }) => ask))
      await clock.advance(100)
    }
    const refused = sent.filter((request) => request.refused)
    expect(refused.length).toBeGreaterThan(0)
    for (const { at } of refused) expect(at - revokedAt).toBeLessThanOrEqual(REQUEST_MS + 1000)
    expect(refused.length).toBeLessThanOrEqual(environments.length)
  })

  it('key rotated while running: next call uses the new key within 300 s or on the first refusal (row 24, in a fleet)', async () => {
    const { environment, all, sent, clock, good, secret } = fleet(['one'], { captchaai: 'one' })
    const environments = many(10, (n) => environment(`w-${n}`))
    await all(environments.map(({ ask }) => ask))
    good.push('two')
    secret.captchaai = 'two'
    for (let second = 0; second < 310; second += 10) {
      await clock.advance(10_000)
      expect(codes(await all(environments.map(({ ask }) => ask)))).toEqual(new Set(['good']))
    }
    expect(sent.slice(-10).map(({ key }) => key)).toEqual(many(10, () => 'two'))
    good.splice(0, 2, 'three')
    secret.captchaai = 'three'
    expect(codes(await all(environments.map(({ ask }) => ask)))).toEqual(new Set(['good']))
    expect(sent.filter(({ refused }) => refused).length).toBeLessThanOrEqual(10)
    expect(new Set(sent.slice(-9).map(({ key }) => key))).toEqual(new Set(['three']))
  })
})

it('without the admission item each environment goes by what it saw itself, and no call fails because of it', async () => {
  const { environment, all, sent, store } = fleet(['one'], { captchaai: 'one' })
  const unreadable = { ...store, read: async () => Promise.reject(new Error('table down')) }
  const environments = [environment('w-1', null, unreadable), environment('w-2', null, unreadable)]
  expect(codes(await all(environments.flatMap(({ ask }) => many(5, () => ask))))).toEqual(new Set(['good']))
  expect(sent).toHaveLength(10)
  expect(store.writes()).toBe(0)
})
