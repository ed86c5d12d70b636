import { describe, expect, it } from 'vitest'
import { makeAccount } from '../../sim/provider/account.ts'
import { defaultPlan, type ProviderBehaviour } from '../../sim/provider/behaviour.ts'
import { SIMULATOR_KEY } from '../../sim/provider/simulator.ts'
import { simulator, V2 } from './started-simulator.ts'

describe('the ledger', () => {
  it('has one charge for each accepted submit, and none for a refused one', async () => {
    const { submit, ask, ledger } = await simulator({ plan: { solveSeconds: 0, solveRate: 1 } })
    const { request: id } = await submit()
    expect(await submit({ method: 'userrecaptcha' })).toMatchObject({ status: 0, request: 'ERROR_GOOGLEKEY' })
    expect(await submit(V2, 'short')).toMatchObject({ request: 'ERROR_WRONG_USER_KEY' })
    await expect.poll(async () => (await ask({ action: 'get', id })).status).toBe(1)
    expect(ledger()).toMatchObject([
      { id, method: 'userrecaptcha', params: V2, answeredAt: expect.any(Number), lost: null },
    ])
    expect(JSON.stringify(ledger())).not.toContain(SIMULATOR_KEY)
  })

  it('makes the balance fall with use, or stay frozen', async () => {
    const { submit, ask, set } = await simulator({ profile: 'twocaptcha', plan: { balance: 1, price: 0.25 } })
    await submit()
    await submit()
    expect(await ask({ action: 'getbalance' })).toEqual({ status: 1, request: '0.50000' })
    await set({ price: 0 })
    await submit()
    expect(await ask({ action: 'getbalance' })).toEqual({ status: 1, request: '0.50000' })
    await set({ price: 1 })
    expect(await submit()).toMatchObject({ request: 'ERROR_ZERO_BALANCE' })
  })
})

describe('limits', () => {
  const account = (change: Partial<ProviderBehaviour>) => {
    const made = makeAccount({ profile: 'twocaptcha', key: SIMULATOR_KEY, seed: 1, spend: () => {} })
    const plan = { ...defaultPlan('twocaptcha'), limits: true, ...change }
    const answer = (action: string, key: string, params: Record<string, string>, now: number) =>
      made.answer({ action, key, params }, now, plan)
    return { answer }
  }
  const said = (answer: ReturnType<ReturnType<typeof account>['answer']>) =>
    answer.kind === 'code' ? answer.code : 'OK'

  it('lock the key for 10 s above 60 submits in 3 s', () => {
    const { answer } = account({})
    const submit = (ms: number) => said(answer('submit', SIMULATOR_KEY, V2, ms))
    const burst = Array.from({ length: 61 }, (_, nth) => submit(nth))
    expect(burst.slice(0, 60)).toEqual(Array(60).fill('OK'))
    expect(burst[60]).toBe('MAX_USER_TURN')
    expect(submit(5_000)).toBe('MAX_USER_TURN')
    expect(submit(10_100)).toBe('OK')
  })

  it('ban the address for 5 minutes after 5 wrong keys', () => {
    const { answer } = account({})
    const ask = (key: string, ms: number) => said(answer('getbalance', key, {}, ms))
    expect(Array.from({ length: 6 }, (_, nth) => ask('x'.repeat(32), nth))).toEqual([
      ...Array(5).fill('ERROR_KEY_DOES_NOT_EXIST'),
      'IP_BANNED',
    ])
    expect(ask(SIMULATOR_KEY, 1_000)).toBe('IP_BANNED')
    expect(ask(SIMULATOR_KEY, 301_000)).toBe('OK')
  })

  it('block the key for 10 minutes above 20 requests to res.php for each captcha and 1200 more, balance calls included', () => {
    const { answer } = account({})
    const ask = (action: string, ms: number) => said(answer(action, SIMULATOR_KEY, {}, ms))
    const submit = (ms: number) => said(answer('submit', SIMULATOR_KEY, V2, ms))
    expect([submit(0), submit(1)]).toEqual(['OK', 'OK'])
    const allowed = Array.from({ length: 620 }, (_, nth) => [ask('getbalance', nth), ask('get', nth)]).flat()
    expect(allowed.filter((code) => code === 'ERROR: 1005')).toEqual([])
    expect([ask('getbalance', 700), ask('get', 800), submit(900)]).toEqual(Array(3).fill('ERROR: 1005'))
    expect([submit(600_699), submit(600_700), ask('getbalance', 600_701)]).toEqual(['ERROR: 1005', 'OK', 'OK'])
  })

  it('are not enforced where the plan says so', () => {
    const { answer } = account({ limits: false })
    const ask = (nth: number) => said(answer('getbalance', SIMULATOR_KEY, {}, nth))
    expect(new Set(Array.from({ length: 1300 }, (_, nth) => ask(nth)))).toEqual(new Set(['OK']))
  })

  it('hold a thread for 5 minutes at most, even if the captcha is never solved', () => {
    const { answer } = account({ threads: 1, solveSeconds: 86_400, saturationCode: 'FULL' })
    expect([0, 299_999, 300_000].map((ms) => said(answer('submit', SIMULATOR_KEY, V2, ms)))).toEqual([
      'OK',
      'FULL',
      'OK',
    ])
  })

  it('answer the saturation codes in turn', () => {
    const { answer } = account({ threads: 0, saturationCode: ['A_1', 'B_2'] })
    expect([1, 2, 3].map((ms) => said(answer('submit', SIMULATOR_KEY, V2, ms)))).toEqual(['A_1', 'B_2', 'A_1'])
  })
})
