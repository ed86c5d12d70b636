import { describe, expect, it } from 'vitest'
import { type AccountReply, makeAccount } from '../../sim/provider/account.ts'
import { afterSpending, defaultPlan, type ProviderBehaviour } from '../../sim/provider/behaviour.ts'
import { encodeAnswer } from '../../sim/provider/encode-answer.ts'
import type { FaultInput } from '../../sim/provider/fault-kinds.ts'
import { whatIsMissing } from '../../sim/provider/requirements.ts'
import { SIMULATOR_KEY } from '../../sim/provider/simulator.ts'
import { simulator, V2 } from './started-simulator.ts'

function accountWith(change: Partial<ProviderBehaviour> = {}, profile: 'captchaai' | 'twocaptcha' = 'twocaptcha') {
  const spent: number[] = []
  const made = makeAccount({ profile, key: SIMULATOR_KEY, seed: 1, spend: (price) => spent.push(price) })
  const plan = { ...defaultPlan(profile), solveSeconds: 8, solveRate: 1, ...change }
  const ask = (
    action: string,
    now: number,
    params: Record<string, string> = {},
    more: Partial<ProviderBehaviour> = {},
  ) => made.answer({ action, key: SIMULATOR_KEY, params }, now, { ...plan, ...more })
  const code = (reply: AccountReply) => (reply.kind === 'code' ? reply.code : reply.kind)
  const told = (...about: Parameters<typeof ask>) => code(ask(...about))
  const withKey = (key: string | undefined, now: number) =>
    code(made.answer({ action: 'getbalance', key, params: {} }, now, plan))
  return { ...made, spent, ask, told, withKey }
}

describe('the result of a captcha', () => {
  it('is ready at its time, to the millisecond, and kept for as long as the plan says', () => {
    const { told, charges } = accountWith({ resultLifeSeconds: 10, notReadyCode: 'WAIT' })
    expect(told('submit', 1000, V2)).toBe('id')
    const id = charges[0]?.id ?? ''
    const at = (now: number) => told('get', now, { id })
    expect([8999, 9000, 12_000, 19_000, 19_001].map(at)).toEqual([
      ...['WAIT', 'answer', 'answer', 'answer'],
      'ERROR_NO_SUCH_CAPCHA_ID',
    ])
    expect(charges).toMatchObject([{ at: 1000, dueAt: 9000, polls: 5, answeredAt: 9000 }])
  })

  it('is an error where it was not solved, and that is told from when on, too', () => {
    const { told, charges } = accountWith({ solveRate: 0 })
    told('submit', 0, V2)
    expect(told('get', 8000, { id: charges[0]?.id ?? '' })).toBe('ERROR_CAPTCHA_UNSOLVABLE')
    expect(charges).toMatchObject([{ polls: 1, answeredAt: 8000 }])
  })

  it.each([
    ['get', 'ERROR_WRONG_CAPTCHA_ID'],
    ['reportbad', 'ERROR_WRONG_CAPTCHA_ID'],
    ['reportgood', 'ERROR_WRONG_CAPTCHA_ID'],
    ['threadsinfo', 'ERROR_EMPTY_ACTION'],
    ['other', 'ERROR_EMPTY_ACTION'],
  ])('of nobody: %s is answered with %s', (action, expected) => {
    const { told } = accountWith()
    expect([told(action, 0), told(action, 0, { id: 'unknown' })]).toEqual([expected, expected])
  })

  it('can be reported on', () => {
    const { told, charges } = accountWith()
    told('submit', 0, V2)
    expect(told('reportbad', 1, { id: charges[0]?.id ?? '' })).toBe('reported')
  })
})

describe('what an account lets in', () => {
  it.each([
    [0.5, 0.5, 'id', 1],
    [0.499999, 0.5, 'ERROR_ZERO_BALANCE', 0],
    [0, 0, 'id', 1],
    [-1, 0, 'id', 1],
    ['unreadable', 0.5, 'id', 1],
  ])('with the balance %s and the price %s a submit is answered with %s', (balance, price, expected, charges) => {
    const made = accountWith({ balance, price })
    expect([made.told('submit', 0, V2), made.charges.length, made.spent]).toEqual([
      ...[expected, charges],
      charges === 0 ? [] : [price],
    ])
  })

  it('is as many captchas in work as there are threads, and the next at the moment in which one is done', () => {
    const { told, ask } = accountWith({ threads: 2, saturationCode: 'FULL' }, 'captchaai')
    expect([0, 1, 7999, 8000, 8000].map((now) => told('submit', now, V2))).toEqual(['id', 'id', 'FULL', 'id', 'FULL'])
    expect(ask('threadsinfo', 8001)).toEqual({ kind: 'threads', total: 2, working: 1 })
    expect(ask('threadsinfo', 16_000, {}, { threads: null })).toEqual({ kind: 'threads', total: 500, working: 0 })
  })

  it('is 60 submits in 3 s: the next one a millisecond too early locks it for 10 s from then, and no later one', () => {
    const run = (next: number) => {
      const { told } = accountWith({ limits: true })
      const burst = Array.from({ length: 60 }, (_, nth) => told('submit', nth === 0 ? 0 : 100, V2))
      expect(new Set(burst)).toEqual(new Set(['id']))
      return [next, next + 9999, next + 10_000].map((now) => told('submit', now, V2))
    }
    expect(run(2999)).toEqual(['MAX_USER_TURN', 'MAX_USER_TURN', 'id'])
    expect(run(3000)).toEqual(['id', 'id', 'id'])
  })

  it('is no address for 5 minutes after the fifth wrong key, and a right key before it', () => {
    const { withKey } = accountWith({ limits: true })
    const wrong = ['x'.repeat(32), 'short', undefined, 'x'.repeat(33)].map((key) => withKey(key, 0))
    expect(wrong).toEqual(['ERROR_KEY_DOES_NOT_EXIST', ...Array(3).fill('ERROR_WRONG_USER_KEY')])
    expect(withKey(SIMULATOR_KEY, 1)).toBe('balance')
    expect([withKey('short', 2), withKey(SIMULATOR_KEY, 3)]).toEqual(['ERROR_WRONG_USER_KEY', 'IP_BANNED'])
    expect([withKey(SIMULATOR_KEY, 299_999), withKey(SIMULATOR_KEY, 300_000)]).toEqual(['IP_BANNED', 'balance'])
  })

  it('is no right key that the plan refuses, whatever it asks', () => {
    const { told, charges } = accountWith({ keyCode: 'ERROR_KEY_DOES_NOT_EXIST' })
    expect(['submit', 'get', 'getbalance'].map((action) => told(action, 0, V2))).toEqual(
      Array(3).fill('ERROR_KEY_DOES_NOT_EXIST'),
    )
    expect(charges).toEqual([])
  })
})

it.each<[Record<string, string>, string | null]>([
  [{}, 'ERROR_BAD_PARAMETERS'],
  [{ method: 'userrecaptcha', pageurl: 'p' }, 'ERROR_GOOGLEKEY'],
  [{ method: 'userrecaptcha', googlekey: 'k', pageurl: '' }, 'ERROR_PAGEURL'],
  [{ method: 'userrecaptcha', googlekey: 'k', pageurl: 'p' }, null],
  [{ method: 'turnstile', pageurl: 'p' }, 'ERROR_SITEKEY'],
  [{ method: 'hcaptcha', sitekey: 'k' }, 'ERROR_PAGEURL'],
  [{ method: 'hcaptcha', sitekey: 'k', pageurl: 'p' }, null],
  [{ method: 'geetest', gt: 'g', pageurl: 'p' }, 'ERROR_BAD_PARAMETERS'],
  [{ method: 'geetest', challenge: 'c', pageurl: 'p' }, 'ERROR_BAD_PARAMETERS'],
  [{ method: 'geetest', gt: 'g', challenge: 'c' }, 'ERROR_PAGEURL'],
  [{ method: 'geetest', gt: 'g', challenge: 'c', pageurl: 'p' }, null],
  [{ method: 'base64' }, 'ERROR_ZERO_CAPTCHA_FILESIZE'],
  [{ method: 'post', body: '' }, 'ERROR_ZERO_CAPTCHA_FILESIZE'],
  [{ method: 'post', body: 'b' }, null],
  [{ method: 'other' }, null],
])('a submit of %j lacks: %s', (params, expected) => {
  expect(whatIsMissing(params)).toBe(expected)
})

it.each<[AccountReply, string, string]>([
  [{ kind: 'id', id: '7', asNumber: false }, '{"status":1,"request":"7"}', 'OK|7'],
  [
    { kind: 'id', id: '90071992547409939007', asNumber: true },
    '{"status":1,"request":90071992547409939007}',
    'OK|90071992547409939007',
  ],
  [{ kind: 'answer', answer: 'a|"b"' }, '{"status":1,"request":"a|\\"b\\""}', 'OK|a|"b"'],
  [{ kind: 'answer', answer: { c: 'd' } }, '{"status":1,"request":{"c":"d"}}', 'OK|{"c":"d"}'],
  [{ kind: 'reported' }, '{"status":1,"request":"OK_REPORT_RECORDED"}', 'OK|OK_REPORT_RECORDED'],
  [{ kind: 'balance', balance: '1.50000' }, '{"status":1,"request":"1.50000"}', '1.50000'],
  [{ kind: 'code', code: 'CAPCHA_NOT_READY' }, '{"status":0,"request":"CAPCHA_NOT_READY"}', 'CAPCHA_NOT_READY'],
  [
    { kind: 'code', code: 'ERROR_X' },
    '{"status":0,"request":"ERROR_X","error_text":"The provider says ERROR_X."}',
    'ERROR_X',
  ],
])('the provider says %j as JSON %s and as text %s', (said, json, text) => {
  const plan = defaultPlan('captchaai')
  expect([encodeAnswer(said, true, plan), encodeAnswer(said, false, plan)]).toEqual([json, text])
})

it.each([
  ['top', '{"status":1,"threads":2,"working_threads":3,"free_threads":0}'],
  ['request', '{"status":1,"request":{"threads":2,"working_threads":3,"free_threads":0}}'],
  ['strings', '{"status":1,"threads":"2","working_threads":"3","free_threads":"0"}'],
] as const)(
  'the threads of the account in the shape %s are %s, and never fewer than none are free',
  (threadsShape, expected) => {
    const plan = { ...defaultPlan('captchaai'), threadsShape }
    expect(encodeAnswer({ kind: 'threads', total: 2, working: 3 }, true, plan)).toBe(expected)
  },
)

it('a balance falls by the price without an error of binary fractions, and a text stays what it is', () => {
  let balance: ProviderBehaviour['balance'] = 1
  for (let n = 0; n < 100; n += 1) balance = afterSpending(balance, 0.00299)
  expect([balance, afterSpending('ask support', 1)]).toEqual([0.701, 'ask support'])
})

it('each request is remembered as the provider saw it: what was asked, by which key, what struck it and what was said', async () => {
  const { submit, ask, set, requests, ledger } = await simulator({ plan: { solveSeconds: 60 } })
  const { request: id } = await submit()
  await ask({ action: 'get', id })
  await submit(V2, 'short')
  await set({
    faults: [
      { kind: 'lose', by: 'empty' },
      { kind: 'slow', ms: 30 },
    ],
  })
  await submit().catch(() => {})
  await set({ faults: [{ kind: 'http', status: 503 }] })
  await submit().catch(() => {})
  const lost = ledger()[1]
  const at = expect.any(Number)
  const own = { at, ms: at, http: 'POST', action: 'submit', keyOk: true, keyInUrl: false, fault: null, id: null }
  expect(requests()).toEqual([
    { ...own, id, said: 'OK' },
    { ...own, id, action: 'get', http: 'GET', keyInUrl: true, said: 'CAPCHA_NOT_READY' },
    { ...own, keyOk: false, said: 'ERROR_WRONG_USER_KEY' },
    { ...own, id: lost?.id, fault: 'lose+slow', said: null },
    { ...own, fault: 'http', said: null },
  ])
  expect(requests()[3]?.ms).toBeGreaterThanOrEqual(29)
  expect([ledger().length, ledger()[0]?.lost, lost?.lost]).toEqual([2, null, 'empty'])
})

describe('what a fault answers', () => {
  const PAGE = /^<!doctype html>.*502 Bad Gateway/
  const [HTML, JSON_TYPE] = ['text/html', 'application/json']
  it.each<[FaultInput, number, string, RegExp | number, number, Record<string, string>]>([
    [{ kind: 'http', status: 503, retryAfter: '7' }, 503, HTML, PAGE, 0, { 'retry-after': '7' }],
    [{ kind: 'http', status: 399 }, 399, HTML, PAGE, 0, { location: '/elsewhere' }],
    [{ kind: 'http', status: 400 }, 400, HTML, PAGE, 0, {}],
    [{ kind: 'html' }, 200, HTML, PAGE, 0, {}],
    [{ kind: 'empty' }, 200, JSON_TYPE, 0, 0, {}],
    [{ kind: 'garbage' }, 200, JSON_TYPE, 300, 0, {}],
    [{ kind: 'code', code: 'ERROR_X' }, 200, JSON_TYPE, /"request":"ERROR_X"/, 0, {}],
    [{ kind: 'lose', by: 'http', status: 504 }, 504, HTML, PAGE, 1, {}],
    [{ kind: 'lose', by: 'http' }, 502, HTML, PAGE, 1, {}],
    [{ kind: 'lose', by: 'html' }, 200, HTML, PAGE, 1, {}],
    [{ kind: 'lose', by: 'empty' }, 200, JSON_TYPE, 0, 1, {}],
    [{ kind: 'lose', by: 'garbage' }, 200, JSON_TYPE, 300, 1, {}],
  ])('%j is the status %i of the type %s, and what it charges', async (fault, status, type, body, charges, more) => {
    const { url, key, ledger } = await simulator({ plan: { faults: [fault] } })
    const sent = new URLSearchParams({ ...V2, key, json: '1' })
    const answer = await fetch(`${url}/in.php`, { method: 'POST', body: sent, redirect: 'manual' })
    const bytes = Buffer.from(await answer.arrayBuffer())
    expect([answer.status, answer.headers.get('content-type'), ledger().length]).toEqual([status, type, charges])
    if (typeof body === 'number') expect(bytes).toHaveLength(body)
    else expect(bytes.toString()).toMatch(body)
    const shown = Object.fromEntries(['retry-after', 'location'].map((name) => [name, answer.headers.get(name)]))
    expect(shown).toEqual({ 'retry-after': null, location: null, ...more })
  })
})
