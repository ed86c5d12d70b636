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
  const account = (plan: Partial<ProviderBehaviour>) =>
    makeAccount({
      ...{ profile: 'twocaptcha' as const, key: SIMULATOR_KEY, seed: 1, spend: () => {} },
      plan: () => ({ ...defaultPlan('twocaptcha'), limits: true, ...plan }),
    })
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

  it('answer the saturation codes in turn', () => {
    const { answer } = account({ threads: 0, saturationCode: ['A_1', 'B_2'] })
    expect([1, 2, 3].map((ms) => said(answer('submit', SIMULATOR_KEY, V2, ms)))).toEqual(['A_1', 'B_2', 'A_1'])
  })
})
