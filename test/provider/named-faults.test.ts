import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { LedgerEntry } from '../../sim/provider/account.ts'
import { changePlan, defaultPlan, type PlanChange } from '../../sim/provider/behaviour.ts'
import { NAMED_FAULTS } from '../../sim/provider/fault-table.ts'
import { makeFaults } from '../../sim/provider/faults.ts'
import { readFaultOrder } from '../../sim/provider/named-fault.ts'
import { callbacksOf } from '../../sim/provider/pingbacks.ts'
import { seededRandom } from '../../sim/support/random.ts'
import { listen } from './sockets.ts'
import { simulator, V2 } from './started-simulator.ts'

const order = (asked: Record<string, unknown>) => {
  const read = readFaultOrder(asked)
  if ('problem' in read) throw new Error(read.problem)
  return read
}

/** A simulator that solves at once, with this fault. */
async function under(asked: Record<string, unknown>, profile: 'captchaai' | 'twocaptcha', plan: PlanChange = {}) {
  const made = await simulator({ profile, plan: { solveSeconds: 0, solveRate: 1, ...plan } })
  await made.simulate(order({ seconds: 60, ...asked }))
  return made
}
type Made = Awaited<ReturnType<typeof under>>

/** What a request comes to: the HTTP status with the first words of the body, or the error's code. */
async function seen({ url, key }: Made, path: string, params: Record<string, string> = {}, ms = 3000): Promise<string> {
  const form = new URLSearchParams({ key, json: '1', ...params })
  const signal = AbortSignal.timeout(ms)
  const asked =
    path === 'in.php'
      ? fetch(`${url}/in.php`, { method: 'POST', body: form, signal })
      : fetch(`${url}/res.php?${form}`, { signal })
  return asked.then(
    async (response) => {
      const body = await response.text()
      return `${response.status} ${response.headers.get('retry-after') ?? ''}${body.length > 1e6 ? `${body.length} bytes` : body.slice(0, 100)}`
    },
    (error: Error) => (error.name === 'TimeoutError' ? 'no answer' : String(Object(error.cause).code)),
  )
}
const submitted = (made: Made) => seen(made, 'in.php', V2)
const result = (made: Made) => seen(made, 'res.php', { action: 'get', id: made.ledger().at(-1)?.id ?? '' })
const balance = (made: Made) => seen(made, 'res.php', { action: 'getbalance' })
const threads = (made: Made) => seen(made, 'res.php', { action: 'threadsinfo' })
const HTML = expect.stringMatching(/^200 <!doctype html>/)
const RESET = expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/)

const callbackMethods = async (made: Made) => {
  const methods: (string | undefined)[] = []
  const server = createServer((request, response) => {
    methods.push(request.method)
    response.end()
  })
  await made.submit({ ...V2, pingback: `http://127.0.0.1:${await listen(server)}/pingback/token` })
  await expect.poll(() => methods.length).toBe(1)
  return methods
}

/** For each name: what is asked under it, what comes of it, and how many charges there are then. */
const EFFECTS: Record<string, [(made: Made) => Promise<unknown>, unknown, number]> = {
  outage: [submitted, expect.stringMatching(/^502 <!doctype html>/), 0],
  bursts: [submitted, expect.stringMatching(/^502 /), 0],
  flaky: [async (made) => new Set(await Promise.all(Array.from({ length: 40 }, () => balance(made)))).size, 2, 0],
  unreachable: [submitted, 'ECONNREFUSED', 0],
  drops: [submitted, RESET, 0],
  hang: [(made) => seen(made, 'in.php', V2, 300), 'no answer', 0],
  resets: [submitted, RESET, 0],
  garbage: [(made) => made.submit().catch((error: unknown) => error), expect.any(SyntaxError), 0],
  html: [submitted, HTML, 0],
  empty: [submitted, '200 ', 0],
  huge: [submitted, expect.stringMatching(/^200 104857\d\d bytes$/), 0],
  slow: [
    async (made) => {
      const began = Date.now()
      return [(await made.submit()).status, made.ledger().length, Date.now() - began >= 190]
    },
    [1, 1, true],
    1,
  ],
  'lost-answers': [submitted, RESET, 1],
  'gateway-timeouts': [submitted, expect.stringMatching(/^504 /), 1],
  keys: [
    async (made) => [(await made.submit()).request, (await made.ask({ action: 'getbalance' })).request],
    Array(2).fill('ERROR_KEY_DOES_NOT_EXIST'),
    0,
  ],
  'no-plan': [
    async (made) => [(await made.submit()).request, await threads(made)],
    ['ERROR_KEY_DOES_NOT_EXIST', expect.stringContaining('"threads":0')],
    0,
  ],
  capacity: [
    async (made) => [
      (await made.submit()).status,
      (await made.submit()).status,
      (await made.submit()).request,
      await threads(made),
    ],
    [1, 1, 'ERROR_ZERO_BALANCE', expect.stringContaining('"free_threads":0')],
    2,
  ],
  'rate-limit': [
    async (made) => [(await made.submit()).request, (await made.ask({ action: 'getbalance' })).status],
    ['MAX_USER_TURN', 1],
    0,
  ],
  'too-many-requests': [submitted, expect.stringMatching(/^429 10</), 0],
  blocked: [
    async (made) => [(await made.submit()).request, (await made.ask({ action: 'get', id: '1' })).request],
    Array(2).fill('ERROR: 1003'),
    0,
  ],
  limits: [
    async (made) =>
      (await Promise.all(Array.from({ length: 61 }, () => made.submit())))
        .map(({ request }) => request)
        .filter((said) => said === 'MAX_USER_TURN'),
    ['MAX_USER_TURN'],
    60,
  ],
  'no-funds': [
    async (made) => [(await made.submit()).request, (await made.ask({ action: 'getbalance' })).request],
    ['ERROR_ZERO_BALANCE', '0.00000'],
    0,
  ],
  'falling-balance': [
    async (made) => [(await made.submit()).status, (await made.ask({ action: 'getbalance' })).request],
    [1, '24.00000'],
    1,
  ],
  'frozen-balance': [
    async (made) => [(await made.submit()).status, (await made.ask({ action: 'getbalance' })).request],
    [1, '25.00000'],
    1,
  ],
  'unreadable-balance': [balance, '200 {"status":1,"request":"ask support"}', 0],
  'never-solves': [
    async (made) => [(await made.submit()).status, await result(made)],
    [1, expect.stringContaining('CAPCHA_NOT_READY')],
    1,
  ],
  'slow-solvers': [
    async (made) => [(await made.submit()).status, await result(made)],
    [1, expect.stringContaining('CAPCHA_NOT_READY')],
    1,
  ],
  unsolvable: [
    async (made) => [(await made.submit()).status, await result(made)],
    [1, expect.stringContaining('ERROR_CAPTCHA_UNSOLVABLE')],
    1,
  ],
  'expired-results': [
    async (made) => {
      await made.submit()
      await expect.poll(() => Date.now() > (made.ledger()[0]?.dueAt ?? 0)).toBe(true)
      return result(made)
    },
    expect.stringContaining('ERROR_NO_SUCH_CAPCHA_ID'),
    1,
  ],
  'number-ids': [submitted, expect.stringMatching(/"request":\d{10}}$/), 1],
  'text-ids': [submitted, expect.stringMatching(/"request":"[0-9a-f]{4}-[0-9a-f]{4}_0/), 1],
  'huge-ids': [submitted, expect.stringMatching(/"request":9\d{19}}$/), 1],
  'object-answers': [
    async (made) => [(await made.submit()).status, await result(made)],
    [1, expect.stringContaining('"request":{')],
    1,
  ],
  'tricky-answers': [
    async (made) => [(await made.submit()).status, await result(made)],
    [1, expect.stringContaining('OK|ERROR_ZERO_BALANCE|')],
    1,
  ],
  'callbacks-get': [(made) => callbackMethods(made), ['GET'], 1],
  'callbacks-post': [(made) => callbackMethods(made), ['POST'], 1],
}

/** Milliseconds from the charge to each callback of a captcha that takes 1 s. */
const CALLBACKS: Record<string, number[]> = {
  'callbacks-missing': [],
  'callbacks-early': [500],
  'callbacks-late': [6000],
  'callbacks-twice': [1000, 1400],
  'callbacks-forged': [500, 500],
}
const CHARGE: LedgerEntry = {
  ...{ at: 0, id: '74213', method: 'userrecaptcha', params: { pingback: 'http://127.0.0.1:9/token' }, dueAt: 1000 },
  ...{ solvable: true, answer: 'token', polls: 0, answeredAt: null, lost: null },
}

describe('each fault that has a name', () => {
  it('has a test of what it does', () => {
    expect([...Object.keys(EFFECTS), ...Object.keys(CALLBACKS)].sort()).toEqual(Object.keys(NAMED_FAULTS).sort())
  })

  it.each(Object.entries(EFFECTS))(
    '%s does what its name says, and the ledger has the charges',
    async (name, [ask, expected, charges]) => {
      const profile = ['no-funds', 'falling-balance', 'frozen-balance'].includes(name) ? 'twocaptcha' : 'captchaai'
      const rate = 'rate' in (NAMED_FAULTS[name]?.takes ?? {}) && name !== 'flaky' ? { rate: 1 } : {}
      const made = await under({ name, ...rate, ...(name === 'slow' && { ms: 200 }) }, profile)
      const before = made.plan()
      if (name === 'capacity') await made.set({ solveSeconds: 60 })
      expect(await ask(made)).toEqual(expected)
      expect(made.ledger()).toHaveLength(charges)
      await made.reset()
      expect(made.running()).toEqual([])
      expect({ ...made.plan(), balance: 0 }).toEqual({ ...before, balance: 0 })
      expect(await made.submit()).toMatchObject({ status: 1 })
    },
  )

  it.each(Object.entries(CALLBACKS))(
    '%s changes the callbacks of the share of submits that it strikes',
    (name, expected) => {
      const parsed = changePlan(defaultPlan('captchaai'), { faults: order({ name, rate: 0.3 }).faults })
      if ('problem' in parsed) throw new Error(parsed.problem)
      const faults = makeFaults(seededRandom(2))
      faults.replace(parsed.plan.faults, 0)
      const plans = Array.from({ length: 1000 }, () => faults.strike('submit', 0, defaultPlan('captchaai')))
      const struck = plans.filter(({ kinds }) => kinds.length > 0)
      expect(struck.length / 1000).toBeCloseTo(0.3, 1)
      const times = struck.map(({ plan }) => callbacksOf(CHARGE, plan).map(({ afterMs }) => afterMs))
      expect(new Set(times.map(String))).toEqual(new Set([String(expected)]))
      expect(faults.strike('result', 0, defaultPlan('captchaai')).kinds).toEqual([])
    },
  )

  it('can run together with others: slow answers, few threads and a refused key at the same time', async () => {
    const made = await under({ name: 'slow', ms: 150 }, 'captchaai')
    await made.simulate(order({ name: 'capacity', threads: 1 }))
    await made.set({ solveSeconds: 60 })
    const began = Date.now()
    expect([(await made.submit()).status, (await made.submit()).request]).toEqual([1, 'ERROR_ZERO_BALANCE'])
    expect(Date.now() - began).toBeGreaterThanOrEqual(290)
    await made.simulate(order({ name: 'keys' }))
    expect((await made.submit()).request).toBe('ERROR_KEY_DOES_NOT_EXIST')
    expect(made.requests().map(({ fault }) => fault)).toEqual([
      'slow+override',
      'slow+override',
      'slow+override+override',
    ])
    expect(made.running().map(({ name }) => name)).toEqual(['slow', 'capacity', 'keys'])
    expect(made.ledger()).toHaveLength(1)
  })

  it('stops at its count', async () => {
    const made = await under({ name: 'outage', count: 2, status: 503 }, 'captchaai')
    expect([await balance(made), await balance(made), await balance(made)].map((text) => text.slice(0, 3))).toEqual([
      '503',
      '503',
      '200',
    ])
  })
})

describe('the order of a fault', () => {
  it('has the defaults of the table, and 60 s', () => {
    expect(readFaultOrder({ name: 'capacity' })).toMatchObject({
      name: 'capacity',
      seconds: 60,
      faults: [{ kind: 'override', plan: { threads: 2 }, rate: 1 }],
    })
    expect(readFaultOrder({ name: 'outage', seconds: 5, status: 503, rate: 0.5 })).toMatchObject({
      seconds: 5,
      faults: [{ kind: 'http', status: 503, rate: 0.5 }],
    })
  })

  it.each([
    [{}, 'name is missing; there are outage, '],
    [{ name: 'outrage' }, 'no fault "outrage"; there are outage, '],
    [{ name: 'toString' }, 'no fault "toString"; there are '],
    [{ name: 7 }, 'no fault 7; there are '],
    [{ name: 'outage', seconds: 0 }, 'seconds must be a number from 1 to 86400'],
    [{ name: 'outage', seconds: '60' }, 'seconds must be a number from 1 to 86400'],
    [{ name: 'capacity', threads: 1.5 }, 'threads must be a whole number from 0 to 10000'],
    [{ name: 'blocked', code: ' ' }, 'code must not be empty'],
    [{ name: 'keys', threads: 2 }, 'keys takes no threads, only seconds, from, rate, count, code'],
    [{ name: 'unreachable', rate: 0.5 }, 'unreachable takes no rate, only seconds, from'],
    [
      { name: 'outage', seconds: -1, rate: 2, ms: 3 },
      'outage takes no ms, only seconds, from, rate, count, status; seconds must be a number from 1 to 86400; rate must be a number from 0 to 1',
    ],
  ])('%j is refused with every problem in one sentence', (asked, problem) => {
    const read = readFaultOrder(asked)
    expect('problem' in read ? read.problem : 'accepted').toMatch(
      new RegExp(`^${problem.replace(/[.*+?()[\]]/g, '\\$&')}`),
    )
    expect(JSON.stringify(read)).not.toContain('\\n')
  })
})
