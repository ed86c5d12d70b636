import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { NOON } from '../../sim/memory/clock.ts'
import type { LedgerEntry } from '../../sim/provider/account.ts'
import { defaultPlan, type PlanChange, type ProviderBehaviour } from '../../sim/provider/behaviour.ts'
import { callbacksOf } from '../../sim/provider/pingbacks.ts'
import { listen } from './sockets.ts'
import { simulator, V2 } from './started-simulator.ts'

describe('callbacks', () => {
  async function called(plan: PlanChange, profile: 'captchaai' | 'twocaptcha' = 'captchaai') {
    const calls: { how: string; path: string; form: Record<string, string> }[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      const url = new URL(request.url ?? '', 'http://x')
      const form = Object.fromEntries(new URLSearchParams(body || url.search))
      calls.push({ how: request.method ?? '', path: url.pathname, form })
      response.end()
    })
    const port = await listen(server)
    const fleet = await simulator({ profile, plan: { solveSeconds: 0.05, solveRate: 1, ...plan } })
    await fleet.submit({ ...V2, pingback: `http://127.0.0.1:${port}/pingback/token` })
    const answer = fleet.ledger()[0]
    return { calls, answer, fleet }
  }

  it('come once, by GET or POST as the provider does it', async () => {
    for (const [profile, how] of [
      ['captchaai', 'GET'],
      ['twocaptcha', 'POST'],
    ] as const) {
      const { calls, answer } = await called({}, profile)
      await expect
        .poll(() => calls)
        .toEqual([{ how, path: '/pingback/token', form: { id: answer?.id, code: answer?.answer } }])
    }
  })

  it.each(['twice', 'forged'] as const)('come two times where the plan says %s', async (pingback) => {
    const { calls, answer } = await called({ pingback })
    await expect.poll(() => calls.length).toBe(2)
    if (pingback === 'forged') {
      expect(calls.map(({ path }) => path).sort()).toEqual(['/pingback/token', '/pingback/token0'])
      expect(JSON.stringify(calls)).not.toContain(answer?.answer)
    }
  })

  it('tell the error of what could not be solved, and may come before it is due', async () => {
    const { calls, answer } = await called({
      ...{ pingback: 'early', solveSeconds: 5, solveRate: 0, pingbackMethod: 'POST' },
    })
    await expect.poll(() => calls, { timeout: 4000 }).toMatchObject([{ form: { code: 'ERROR_CAPTCHA_UNSOLVABLE' } }])
    expect(Date.now()).toBeLessThan(answer?.dueAt ?? 0)
  })

  it('never leave this machine', async () => {
    const { submit, pingbacks } = await simulator({ plan: { solveSeconds: 0 } })
    await submit({ ...V2, pingback: 'https://example.com/x' })
    await expect.poll(pingbacks).toMatchObject([{ status: null, error: 'not a loopback address' }])
  })
})

describe('the callbacks that a submit leads to', () => {
  const url = 'http://127.0.0.1:9/pingback/token'
  const charge: LedgerEntry = {
    ...{ id: '74213', method: 'userrecaptcha', params: { pingback: url }, at: NOON, dueAt: NOON + 8000 },
    ...{ solvable: true, answer: 'token', polls: 0, answeredAt: null, lost: null },
  }
  const times = (pingback: ProviderBehaviour['pingback'], of: Partial<LedgerEntry> = {}) =>
    callbacksOf({ ...charge, ...of }, { ...defaultPlan('captchaai'), pingback, pingbackLateMs: 5000 }).map(
      ({ afterMs }) => afterMs,
    )

  it.each([
    ['none', []],
    ['once', [8000]],
    ['early', [4000]],
    ['late', [13_000]],
    ['twice', [8000, 8400]],
    ['forged', [4000, 4000]],
  ] as const)('where the plan says %s come after %j ms, and no other ones', (pingback, expected) => {
    expect(times(pingback)).toEqual(expected)
  })

  it.each([{}, { pingback: 'no address' }])('are none where the submit names no address: %j', (params) => {
    expect(times('once', { params })).toEqual([])
  })
})
