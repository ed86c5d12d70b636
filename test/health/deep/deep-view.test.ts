import { describe, expect, it } from 'vitest'
import type { DeepRunStore } from '../../../functions/core/ports.ts'
import type { DeepRun } from '../../../functions/core/record/deep-run.ts'
import { makeDeep } from '../../../functions/health/deep/deep.ts'
import { makeTokenCheck } from '../../../functions/health/token-check.ts'
import { type MemoryClock, memoryClock, NOON } from '../../../sim/memory/clock.ts'
import { memoryDeepRunStore } from '../../../sim/memory/deep-run-store.ts'
import { memoryIds } from '../../../sim/memory/ids.ts'
import { memoryLog } from '../../../sim/memory/log.ts'
import { memoryProvider, type ScriptedAnswers } from '../../../sim/memory/provider.ts'
import { memoryRecordStore } from '../../../sim/memory/record-store.ts'
import { deepCheck, deepRun } from '../../build/deep-run.ts'
import { healthSettings, recordOf } from '../../build/record.ts'
import { type Get, healthSeeing, type ServedOptions, STATES } from '../served-views.ts'

const TOKEN = 'canary-health-token-5b1f'
const LEASE_MS = 30_000
const access = makeTokenCheck({ stage: 'prod', configured: undefined, stored: async () => TOKEN })
const bearing = (token: string) => ({ authorization: `Bearer ${token}` })
const ready = { kind: 'record', record: recordOf(), readAt: NOON } as const

let environments = 0

/** One environment of the health function, with a store that several may share. */
function environment({
  store = memoryDeepRunStore(),
  clock = memoryClock(),
  script = {},
  options = {},
}: {
  store?: DeepRunStore
  clock?: MemoryClock
  script?: ScriptedAnswers
  options?: ServedOptions
} = {}) {
  environments += 1
  const provider = memoryProvider(clock.now, script)
  const { log, lines } = memoryLog()
  const counts = { reads: 0, runs: 0 }
  const loadRuns = async (): Promise<DeepRunStore> => ({
    ...store,
    async read() {
      counts.reads += 1
      return store.read()
    },
  })
  const loadReached = async () => {
    counts.runs += 1
    return {
      accounts: [provider],
      depths: { read: async () => ({ visible: 0, hidden: 0, delayed: 0 }) },
      record: memoryRecordStore(recordOf()),
      secret: { read: async () => ({ captchaai: 'k' }) },
    }
  }
  const self = { settings: healthSettings(), providers: ['captchaai'], version: '1.2.3', uptimeMs: () => 1 }
  const ports = { loadRuns, loadReached, clock, ticks: clock.now, ids: memoryIds(environments), log, leaseMs: LEASE_MS }
  const deep = makeDeep(ports, self)
  return { get: healthSeeing(ready, { deep, ...options }), provider, clock, counts, lines, store }
}
const post = (get: Get, body = '') => get('/health/deep', { method: 'POST', body })
const seeing = (run: DeepRun | null) => environment({ store: memoryDeepRunStore(run) }).get

describe('no or wrong token on protected views: 401/403, no hint, constant time (row 44)', () => {
  const cases: [string, Record<string, string>, number, string][] = [
    ['no header', {}, 401, 'unauthorized'],
    ['another scheme', { authorization: `Basic ${TOKEN}` }, 401, 'unauthorized'],
    ['an empty token', { authorization: 'Bearer ' }, 401, 'unauthorized'],
    ['a wrong token', bearing('wrong'), 403, 'forbidden'],
    ['a token that is too long by one', bearing(`${TOKEN}x`), 403, 'forbidden'],
    ['a token of 100 kB', bearing('x'.repeat(100_000)), 403, 'forbidden'],
  ]
  it.each(cases)('%s', async (_, headers, status, error) => {
    for (const method of ['GET', 'HEAD', 'POST'])
      for (const accept of ['*/*', 'text/plain', 'application/health+json']) {
        const { get, provider, counts } = environment({ options: { access } })
        const answer = await get('/health/deep', { method, headers: { ...headers, accept }, body: '{"paid":true}' })
        expect(answer.status).toBe(status)
        expect(answer.body).toBe(method === 'HEAD' ? '' : JSON.stringify({ error }))
        expect(answer.headers['WWW-Authenticate']).toBe(status === 401 ? 'Bearer' : undefined)
        expect(answer.headers['X-Health-Status']).toBe('ready')
        expect(provider.submits).toEqual([])
        expect(counts).toEqual({ reads: 0, runs: 0 })
      }
  })

  it('the answer does not depend on how much of the token is right, nor on whether there is one', async () => {
    const withoutAny = makeTokenCheck({ stage: 'prod', configured: undefined, stored: async () => null })
    const answers = []
    for (const check of [access, withoutAny])
      for (const token of ['x', TOKEN.slice(0, -1), TOKEN.toUpperCase(), 'null'])
        answers.push(await environment({ options: { access: check } }).get('/health/deep', { headers: bearing(token) }))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  })

  it('with the token it answers, and so it does locally where no token is configured', async () => {
    const right = await environment({ options: { access } }).get('/health/deep', { headers: bearing(TOKEN) })
    expect(right).toMatchObject({ status: 503, json: { status: 'unknown' } })
    expect(await environment().get('/health/deep')).toMatchObject({ status: 503, json: { status: 'unknown' } })
  })

  it('a corrupt record changes neither code nor body', async () => {
    const corrupt = JSON.parse(JSON.stringify({ ...recordOf(), sweptAt: 'x' }))
    const get = healthSeeing({ kind: 'record', record: corrupt, readAt: NOON }, { access })
    expect(await get('/health/deep')).toMatchObject({ status: 401, body: '{"error":"unauthorized"}' })
  })
})

describe('GET shows the last run', () => {
  it('that was never made: 503 and unknown', async () => {
    const { status, json, headers } = await seeing(null)('/health/deep')
    expect(status).toBe(503)
    expect(json).toEqual({ status: 'unknown', ranAt: null, ageSeconds: null, ranBy: null, paid: false, checks: {} })
    expect(headers['Retry-After']).toMatch(/^\d+$/)
  })

  it('with its age, who asked for it, and every check', async () => {
    const { status, json } = await seeing(deepRun())('/health/deep')
    expect(status).toBe(200)
    expect(json).toEqual({
      status: 'ok',
      ranAt: '2026-11-21T11:59:00.000Z',
      ageSeconds: 60,
      ranBy: '203.0.113.7 curl/8.5.0',
      paid: false,
      checks: {
        captchaaiApi: { status: 'ok', responseMs: 84, checkedAt: '2026-11-21T11:59:00.000Z', criticality: 'hard' },
        table: { status: 'ok', responseMs: 12, checkedAt: '2026-11-21T11:59:00.000Z', criticality: 'hard' },
      },
    })
  })

  it.each([
    ['a hard check that is not ok', { table: deepCheck({ status: 'degraded' }) }, 503, 'degraded'],
    ['a soft check that is down', { backup: deepCheck({ status: 'down', criticality: 'soft' }) }, 200, 'ok'],
  ] as const)('%s', async (_, checks, status, said) => {
    expect(await seeing(deepRun({ checks }))('/health/deep')).toMatchObject({ status, json: { status: said } })
  })

  it('a good run that is older than an hour says nothing about now', async () => {
    const aged = async (seconds: number) =>
      (await seeing(deepRun({ ranAt: NOON - seconds * 1000 }))('/health/deep')).json
    expect(await aged(3600)).toMatchObject({ status: 'ok', ageSeconds: 3600 })
    expect(await aged(3601)).toMatchObject({ status: 'unknown', ageSeconds: 3601 })
  })

  it('as text and as health+json, with the reason of what is wrong', async () => {
    const checks = {
      captchaaiApi: deepCheck({ status: 'down', error: 'TIMEOUT', reason: 'It did not answer within 5 s.' }),
      table: deepCheck(),
    }
    const get = seeing(deepRun({ checks }))
    const text = await get('/health/deep', { headers: { accept: 'text/plain' } })
    expect(text.status).toBe(503)
    expect(text.body.split('\n')).toEqual([
      '[-]deep degraded',
      '[-]captchaaiApi down: TIMEOUT: It did not answer within 5 s.',
      '[+]table ok',
      '',
    ])
    const { json } = await get('/health/deep', { headers: { accept: 'application/health+json' } })
    expect(json).toMatchObject({ status: 'fail', checks: { 'table:responseTime': [{ status: 'pass' }] } })
  })

  it('runs nothing and submits nothing, HEAD neither; 1,000 requests are one read a second', async () => {
    const { get, counts, provider, clock } = environment()
    await Promise.all(Array.from({ length: 1000 }, () => get('/health/deep', { body: '{"paid":true}' })))
    await get('/health/deep', { method: 'HEAD' })
    expect(counts).toEqual({ reads: 1, runs: 0 })
    await clock.advance(1000)
    await get('/health/deep')
    expect(counts).toEqual({ reads: 2, runs: 0 })
    expect(provider.submits).toEqual([])
  })

  it.each(['throws', 'hangs'] as const)('a table that %s: unknown within 1 s', async (how) => {
    const read = () => (how === 'throws' ? Promise.reject(new Error('arn:aws')) : new Promise<never>(() => {}))
    const { get, clock } = environment({ store: { ...memoryDeepRunStore(), read } })
    const asked = get('/health/deep')
    await clock.advance(0)
    await clock.advance(999)
    expect(await asked).toMatchObject({ status: 503, json: { status: 'unknown', ranAt: null } })
  })
})

describe('POST runs the probes', () => {
  it('shows the run with who asked for it, and keeps it for GET of every environment', async () => {
    const first = environment()
    await first.get('/health/deep')
    const posted = await post(first.get)
    expect(posted).toMatchObject({ status: 200, json: { status: 'ok', ageSeconds: 0, ranBy: '203.0.113.7 test' } })
    expect(Object.keys(Object(posted.json.checks))).toEqual(['captchaaiApi', 'table', 'taskQueue', 'secret', 'sweep'])
    expect((await first.get('/health/deep')).json).toEqual(posted.json)
    expect((await environment({ store: first.store }).get('/health/deep')).json).toEqual(posted.json)
    expect(first.lines).toMatchObject([{ message: 'deep run', fields: { ranBy: '203.0.113.7 test', paid: false } }])
  })

  it('one run at a time across the fleet: while one runs another is 409, and says when to come back', async () => {
    const clock = memoryClock()
    const store = memoryDeepRunStore()
    const slow = environment({ store, clock, script: { submit: () => ({ kind: 'accept', afterSeconds: 8 }) } })
    const running = post(slow.get, '{"paid":true}')
    await clock.advance(2_000)
    const other = environment({ store, clock })
    const refused = await post(other.get)
    expect(refused).toMatchObject({ status: 409, json: { error: 'already_running' } })
    expect(refused.headers['Retry-After']).toMatch(/^[1-9]\d?$/)
    expect(other.provider.submits).toEqual([])
    await clock.advance(20_000)
    expect(await running).toMatchObject({ json: { paid: true, checks: { paidTask: { status: 'ok' } } } })
    expect((await post(other.get)).status).toBe(200)
  })

  it('of many at once, in many environments, one runs', async () => {
    const store = memoryDeepRunStore()
    const fleets = Array.from({ length: 20 }, () => environment({ store }))
    const answers = await Promise.all(fleets.map(({ get }) => post(get)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19)
  })

  it('a run that died holds the others up until its lease ends', async () => {
    const store = memoryDeepRunStore()
    const clock = memoryClock()
    await store.begin('dead', NOON, NOON + LEASE_MS)
    const { get } = environment({ store, clock })
    await clock.advance(LEASE_MS - 1)
    expect((await post(get)).status).toBe(409)
    await clock.advance(1)
    expect((await post(get)).status).toBe(200)
  })

  it.each(['', ' ', '{}', '{"paid":false}'])('never submits a paid task for the body %j', async (body) => {
    const { get, provider } = environment()
    expect((await post(get, body)).json).toMatchObject({ status: 'ok', paid: false })
    expect(provider.submits).toEqual([])
  })

  it.each(['{"paid":"true"}', '{"paid":1}', '{"Paid":true}', '[true]', 'paid=true', '{"paid":true', 'null', '"x"'])(
    'refuses the body %j and runs nothing',
    async (body) => {
      const { get, provider, counts } = environment()
      expect(await post(get, body)).toMatchObject({ status: 400, json: { error: 'bad_request' } })
      expect(provider.submits).toEqual([])
      expect(counts).toEqual({ reads: 0, runs: 0 })
    },
  )

  it('submits exactly one paid task for {"paid": true}', async () => {
    const clock = memoryClock(NOON, { skip: true })
    const { get, provider } = environment({ clock, script: { submit: () => ({ kind: 'accept', afterSeconds: 3 }) } })
    const { json } = await post(get, '{"paid": true}')
    expect(json).toMatchObject({ paid: true, checks: { captchaaiApi: {}, paidTask: {} } })
    expect(provider.submits).toHaveLength(1)
    expect(provider.ledger).toHaveLength(1)
  })

  it('a bad dependency is a 503 with its reason, and the run is kept', async () => {
    const failure = { class: 'auth', code: 'ERROR_X', message: 'It refuses the key.' } as const
    const { get, store } = environment({ script: { balance: () => ({ kind: 'failed', failure, ms: 3 }) } })
    const { status, json } = await post(get)
    expect(status).toBe(503)
    expect(json).toMatchObject({
      status: 'degraded',
      checks: { captchaaiApi: { status: 'down', error: 'ERROR_X', reason: 'It refuses the key.' } },
    })
    expect(await store.read()).toMatchObject({ checks: { captchaaiApi: { status: 'down' } } })
  })

  it('nothing runs while the table does not answer, because nobody could tell who else runs', async () => {
    const begin = () => Promise.reject(new Error('arn:aws'))
    const { get, provider } = environment({ store: { ...memoryDeepRunStore(), begin } })
    expect(await post(get, '{"paid":true}')).toMatchObject({ status: 503, json: { status: 'unknown' } })
    expect(provider.submits).toEqual([])
  })

  it('a run that cannot be kept is still shown to who asked for it', async () => {
    const finish = () => Promise.reject(new Error('arn:aws'))
    const { get, lines } = environment({ store: { ...memoryDeepRunStore(), finish } })
    expect((await post(get)).json).toMatchObject({ status: 'ok' })
    expect(lines.map(({ message }) => message)).toEqual(['deep run', 'the deep run is not kept'])
    expect(JSON.stringify(lines)).not.toContain('arn:')
  })

  it('other methods are 405 with Allow', async () => {
    for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect(await environment().get('/health/deep', { method })).toMatchObject({
        status: 405,
        headers: { Allow: 'GET, HEAD, POST' },
        json: { error: 'method_not_allowed' },
      })
  })
})

it.each(Object.entries(STATES))(
  'record %s: the headers are those of the ready view',
  async (_, { reading, status }) => {
    const { headers } = await healthSeeing(reading)('/health/deep')
    expect(headers['X-Health-Status']).toBe(status)
  },
)
