import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { makeAccount } from '../../sim/provider/account.ts'
import { isOpen, makeFaults, nextTurn } from '../../sim/provider/faults.ts'
import { changePlan, defaultPlan, type Plan, type PlanChange } from '../../sim/provider/plan.ts'
import { seeded } from '../../sim/provider/random.ts'
import { SIMULATOR_KEY, type SimulatorOptions, startSimulator } from '../../sim/provider/simulator.ts'
import { decideFate } from '../../sim/provider/solver.ts'
import { listen } from './sockets.ts'

const V2 = { method: 'userrecaptcha', googlekey: 'k', pageurl: 'https://example.com' }

async function simulator(options: SimulatorOptions = {}) {
  const started = await startSimulator({ ...options, plan: { submitMs: 0, resultMs: 0, ...options.plan } })
  onTestFinished(() => started.stop())
  const read = async (response: Response) => {
    const answer: { status: number; request: string } = JSON.parse(await response.text())
    return answer
  }
  const submit = async (params: Record<string, string> = V2, key = started.key) => {
    const body = new URLSearchParams({ key, json: '1', ...params })
    return read(await fetch(`${started.url}/in.php`, { method: 'POST', body }))
  }
  const ask = async (params: Record<string, string>, key = started.key) =>
    read(await fetch(`${started.url}/res.php?${new URLSearchParams({ key, json: '1', ...params })}`))
  return { ...started, submit, ask }
}

describe('the solvers', () => {
  const plan: Plan = { ...defaultPlan('captchaai'), speed: 1 }
  const fates = (params: Record<string, string>, change: Partial<Plan> = {}) =>
    Array.from({ length: 4000 }, (_, nth) => decideFate(params, { ...plan, ...change }, seeded(7, `fate ${nth}`)))
  const middle = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length / 2] ?? Number.NaN

  it.each([
    [{ method: 'userrecaptcha' }, 20, 0.95, 0.99, 180],
    [{ method: 'userrecaptcha', version: 'v3' }, 6, 0.9, 0.97, 120],
    [{ method: 'turnstile' }, 10, 0.95, 0.99, 120],
    [{ method: 'geetest' }, 12, 0.9, 0.99, 180],
    [{ method: 'bls' }, 8, 0.9, 0.99, 120],
    [{ method: 'base64' }, 2, 0.85, 0.95, 60],
  ])('take the time and have the success that %o has', (params, median, leastRate, mostRate, giveUp) => {
    const all = fates(params)
    const rate = all.filter(({ solvable }) => solvable).length / all.length
    expect(Math.abs(middle(all.map(({ seconds }) => seconds)) / median - 1)).toBeLessThan(0.1)
    expect(rate).toBeGreaterThan(leastRate)
    expect(rate).toBeLessThan(mostRate)
    expect(Math.max(...all.map(({ seconds }) => seconds))).toBeLessThanOrEqual(giveUp)
  })

  it('are as much quicker as `speed` says', () => {
    const usual = middle(fates(V2).map(({ seconds }) => seconds))
    expect(middle(fates(V2, { speed: 4 }).map(({ seconds }) => seconds))).toBeCloseTo(usual / 4, 5)
  })

  it('do the same for the same seed, whatever the faults', async () => {
    const run = async (plan: PlanChange, seed: number) => {
      const { submit, ledger } = await simulator({ seed, plan })
      for (let i = 0; i < 5; i++) await submit()
      return ledger().map(({ id, answer, solvable, at, dueAt }) => ({
        id,
        answer,
        solvable,
        ms: Math.round((dueAt - at) * 1000),
      }))
    }
    const first = await run({}, 5)
    expect(await run({ faults: [{ kind: 'slow', ms: 1, rate: 0.5 }] }, 5)).toEqual(first)
    expect(await run({}, 6)).not.toEqual(first)
  })
})

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
  const account = (plan: Partial<Plan>) =>
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

describe('faults', () => {
  const strikes = (change: object, requests: number, ms = 0) => {
    const parsed = changePlan(defaultPlan('captchaai'), { faults: [{ kind: 'empty', ...change }] })
    const faults = makeFaults('plan' in parsed ? parsed.plan.faults : [], seeded(1), 0)
    return Array.from({ length: requests }, () => (faults.strike('submit', ms) === null ? '.' : 'x')).join('')
  }

  it('strike by count, after some, by rate, and only what they are aimed at', () => {
    expect(strikes({ count: 2 }, 5)).toBe('xx...')
    expect(strikes({ after: 2, count: 1 }, 5)).toBe('..x..')
    expect(strikes({ rate: 0.5 }, 1000).replaceAll('.', '').length / 1000).toBeCloseTo(0.5, 1)
    expect(strikes({ on: 'result' }, 3)).toBe('...')
  })

  it.each([
    [{}, '111111'],
    [{ fromSeconds: 2 }, '001111'],
    [{ forSeconds: 2 }, '110000'],
    [{ fromSeconds: 1, forSeconds: 2 }, '011000'],
    [{ forSeconds: 1, everySeconds: 3 }, '100100'],
    [{ fromSeconds: 1, forSeconds: 1, everySeconds: 2 }, '010101'],
  ])('with the window %o are open as %s, second by second', (window, expected) => {
    const seconds = [0, 1, 2, 3, 4, 5]
    expect(seconds.map((s) => (isOpen(window, s + 0.5) ? '1' : '0')).join('')).toBe(expected)
    for (const s of seconds) {
      const turn = nextTurn(window, s + 0.5)
      if (turn === null) expect(expected.slice(s)).toMatch(/^(.)\1*$/)
      else expect(isOpen(window, s + 0.5 + turn + 0.001)).not.toBe(isOpen(window, s + 0.5))
    }
  })

  it('refuse connections and let them in again on the same port', async () => {
    const { url, set, ask } = await simulator()
    await set({ faults: [{ kind: 'refuse' }] })
    await expect(ask({ action: 'getbalance' })).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    await set({ faults: [] })
    expect((await ask({ action: 'getbalance' })).status).toBe(1)
    expect(url).toContain('127.0.0.1')
  })

  it('refuse for as long as they say, by themselves', async () => {
    const { set, ask } = await simulator()
    await set({ faults: [{ kind: 'refuse', forSeconds: 0.2 }] })
    await expect(ask({ action: 'getbalance' })).rejects.toThrow()
    await expect
      .poll(() =>
        ask({ action: 'getbalance' }).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(1)
  })

  it('drop connections before a byte is read', async () => {
    const { set, ask, requests } = await simulator()
    await set({ faults: [{ kind: 'drop', count: 1 }] })
    await expect(ask({ action: 'getbalance' })).rejects.toThrow()
    expect((await ask({ action: 'getbalance' })).status).toBe(1)
    expect(requests()).toHaveLength(1)
  })
})

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

describe('the control door', () => {
  it('shows the ledger, the requests and the plan, and changes it', async () => {
    const { url, submit } = await simulator()
    const look = async (what: string) => (await fetch(`${url}/_sim/${what}`)).json()
    const set = async (body: string) => {
      const answer = await fetch(`${url}/_sim/set`, { method: 'POST', body })
      return { status: answer.status, body: await answer.json() }
    }
    await submit()
    expect(await look('ledger')).toMatchObject([{ method: 'userrecaptcha' }])
    expect(await look('requests')).toMatchObject([{ action: 'submit', keyInUrl: false, keyOk: true, said: 'OK' }])
    expect(await look('plan')).toMatchObject({ speed: 4, faults: [] })
    expect(await set('{"faults":[{"kind":"http","status":502}],"threads":3}')).toMatchObject({
      status: 200,
      body: { threads: 3 },
    })
    expect(await (await fetch(`${url}/res.php`)).text()).toContain('502 Bad Gateway')
    expect(await set('{"fautls":[]}')).toMatchObject({
      status: 400,
      body: { problem: expect.stringMatching(/fautls.*plan fields: .*faults/) },
    })
    expect(await set('not JSON')).toMatchObject({ status: 400, body: { problem: 'not JSON' } })
    expect(await set('{"faults":[{"kind":"refuse"}]}')).toMatchObject({
      status: 400,
      body: { problem: expect.stringContaining('forSeconds') },
    })
    expect((await fetch(`${url}/_sim/`)).headers.get('content-type')).toBe('text/plain')
    expect((await fetch(`${url}/_sim/nothing`)).status).toBe(404)
    expect((await fetch(`${url}/nothing`)).status).toBe(404)
  })
})

describe('npm run simulator', () => {
  const children: ChildProcess[] = []
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })
  function run(...options: string[]) {
    const child = spawn(process.execPath, ['sim/provider/main.ts', ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    const out = { text: '' }
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out.text += chunk))
    return { child, out, ended: once(child, 'exit').then(([code]) => code) }
  }

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'says where it is and how to use it, and stops on %s with code 0',
    async (signal) => {
      const { child, out, ended } = run('--port', '0', '--profile', 'twocaptcha')
      await expect
        .poll(() => out.text, { timeout: 10_000 })
        .toMatch(/provider simulator \(twocaptcha\) on http:\/\/127.0.0.1:\d+, key .+\ncurl .*_sim\/ledger/)
      child.kill(signal)
      expect(await ended).toBe(0)
    },
  )

  it.each([
    [['--port', 'eighty'], '--port must be a whole number'],
    [['--profile', 'other'], '--profile must be captchaai or twocaptcha'],
    [['--plan', '{'], '--plan must be JSON'],
    [['--plan', '{"speed":0}'], 'speed'],
    [['--what'], '--what'],
  ])('%j is bad usage: one clear line and code 2', async (options, words) => {
    const { out, ended } = run(...options)
    expect(await ended).toBe(2)
    expect(out.text).toContain(words)
    expect(out.text).not.toMatch(/^\s+at /m)
  })

  it('a port in use is one line and code 1', async () => {
    const { port } = await simulator()
    const { out, ended } = run('--port', String(port))
    expect(await ended).toBe(1)
    expect(out.text).toBe(`port ${port} is in use: choose another with --port\n`)
  })
})
