import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { PlanChange } from '../../sim/provider/behaviour.ts'
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

  it.each([
    ['none', 0],
    ['twice', 2],
    ['forged', 2],
  ] as const)('come %s', async (pingback, times) => {
    const { calls, answer } = await called({ pingback })
    await new Promise((resolve) => setTimeout(resolve, 700))
    expect(calls).toHaveLength(times)
    if (pingback === 'forged') {
      expect(calls.map(({ path }) => path).sort()).toEqual(['/pingback/token', '/pingback/token0'])
      expect(JSON.stringify(calls)).not.toContain(answer?.answer)
    }
  })

  it('come late or early, and with the error of what could not be solved', async () => {
    const late = await called({ pingback: 'late', pingbackLateMs: 150 })
    const early = await called({ pingback: 'early', solveSeconds: 5, solveRate: 0, pingbackMethod: 'POST' })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(late.calls).toEqual([])
    await expect.poll(() => late.calls.length).toBe(1)
    await expect
      .poll(() => early.calls, { timeout: 4000 })
      .toMatchObject([{ form: { code: 'ERROR_CAPTCHA_UNSOLVABLE' } }])
    expect(Date.now()).toBeLessThan(early.answer?.dueAt ?? 0)
  })

  it('never leave this machine', async () => {
    const { submit, pingbacks } = await simulator({ plan: { solveSeconds: 0 } })
    await submit({ ...V2, pingback: 'https://example.com/x' })
    await expect.poll(pingbacks).toMatchObject([{ status: null, error: 'not a loopback address' }])
  })
})
