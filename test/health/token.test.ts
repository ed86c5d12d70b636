import { describe, expect, it } from 'vitest'
import { makeSecretEntry } from '../../functions/adapters/secrets/stored-entry.ts'
import { makeTokenCheck } from '../../functions/health/token-check.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { notReady, sweptProvider } from '../build/record.ts'
import { type Get, healthSeeing, STATES } from './served-views.ts'

const TOKEN = 'canary-health-token-5b1f'
const SECRETS = [
  'arn:aws:sqs:us-east-1:123456789012:lifesign-tasks',
  'https://sqs.us-east-1.amazonaws.com/123456789012/lifesign-tasks',
  '0123456789abcdef0123456789abcdef',
  'ERROR: provider says <b>no</b>',
  '0.50',
  '417.25',
]
const leaky = notReady({
  issues: ['consecutive_failures=12', 'low_balance=$0.50', `circuit_open=${SECRETS[0]}`],
  warnings: [`balance_unknown=${SECRETS[1]}`],
  evidence: {
    providers: [sweptProvider({ balance: 417.25, error: { class: 'auth', code: SECRETS.slice(2, 4).join() } })],
  },
})
const OPEN = ['/health/ready', '/health/dependencies', '/health/dependencies/captchaaiApi', '/health']
const LEAKY = { kind: 'record', record: leaky, readAt: NOON } as const
const inTheCloud = makeTokenCheck({ stage: 'prod', configured: undefined, stored: async () => TOKEN })
const get = healthSeeing(LEAKY, { access: inTheCloud })
const bearing = (authorization: string): Parameters<Get>[1] => ({ headers: { authorization } })
const RIGHT = bearing(`Bearer ${TOKEN}`)

describe('anonymous view: no ARN, queue URL, key, balance, provider error text (row 46)', () => {
  it.each(OPEN)('%s', async (path) => {
    for (const accept of ['application/json', 'application/health+json', 'text/plain']) {
      const { status, headers, body } = await get(path, { headers: { accept } })
      expect(status).toBe(503)
      const said = body + JSON.stringify(headers)
      for (const secret of SECRETS) expect(said).not.toContain(secret)
      expect(said).not.toMatch(/"balance":|arn:|https?:/)
    }
  })

  it('nothing but status, mode, issue codes, the age of the evidence and dependency names, whatever the state', async () => {
    const names = ['captchaaiApi', 'table', 'taskQueue', 'secret', 'sweep']
    const allowed = ['status', 'mode', 'issues', 'warnings', 'evidence', 'ageSeconds', 'checks', ...names]
    const said = new Set<string>()
    for (const { reading } of [{ reading: LEAKY }, ...Object.values(STATES)])
      for (const path of OPEN)
        for (const method of ['GET', 'HEAD']) {
          const { headers, body } = await healthSeeing(reading, { access: inTheCloud })(path, { method })
          JSON.parse(body || '{}', (key, value) => (/^\d*$/.test(key) ? value : said.add(key) && value))
          expect(Object.keys(headers).filter((name) => !HEADERS.includes(name))).toEqual([])
        }
    expect([...said].filter((key) => !allowed.includes(key))).toEqual([])
    expect([...said]).toEqual(expect.arrayContaining(['issues', 'ageSeconds', 'table']))
  })

  it('unknown paths and methods say no more than that', async () => {
    for (const [path, method] of [
      ['/health/ready', 'POST'],
      ['/nowhere', 'GET'],
      ['/health/dependencies/x', 'GET'],
    ])
      expect((await get(path ?? '', { method: method ?? '' })).body).toMatch(
        /^\{"error":"(method_not_allowed|not_found)"\}$/,
      )
  })

  it('with the token the same record shows what it holds', async () => {
    const { body } = await get('/health/ready', RIGHT)
    expect(body).toContain('low_balance=$0.50')
    expect(body).toContain('417.25')
  })

  it('ready shows status, mode, issue codes and the age of the evidence', async () => {
    expect((await get('/health/ready')).json).toEqual({
      status: 'not_ready',
      mode: 'normal',
      issues: ['consecutive_failures', 'low_balance', 'circuit_open'],
      warnings: ['balance_unknown'],
      evidence: { ageSeconds: 7 },
    })
  })

  it('dependencies shows the names with their status', async () => {
    const { json } = await get('/health/dependencies')
    expect(json.checks).toEqual({
      captchaaiApi: { status: 'degraded' },
      table: { status: 'ok' },
      taskQueue: { status: 'ok' },
      secret: { status: 'ok' },
      sweep: { status: 'ok' },
    })
  })

  it('code and headers are those of the full answer', async () => {
    for (const { reading } of Object.values(STATES)) {
      const seeing = healthSeeing(reading, { access: inTheCloud })
      for (const path of OPEN) {
        const anonymous = await seeing(path)
        const known = await seeing(path, RIGHT)
        const without = ({ headers: { 'Content-Length': _, ...rest } }: typeof known) => rest
        expect(anonymous.status).toBe(known.status)
        expect(without(anonymous)).toEqual(without(known))
        expect(anonymous.json.status).toBe(known.json.status)
        if (path !== '/health/dependencies/captchaaiApi') expect(anonymous.body).not.toBe(known.body)
      }
    }
  })
})
const HEADERS = [
  ...['Content-Type', 'Content-Length', 'Cache-Control', 'X-Content-Type-Options', 'Retry-After'],
  ...['X-Health-Status', 'X-Service-Mode', 'X-Health-Time'],
]

describe('no or wrong token on protected views: no hint (row 44, for the open views: it counts as none)', () => {
  const wrong = [
    'Bearer wrong',
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
    `Basic ${TOKEN}`,
    TOKEN,
    'Bearer',
    'Bearer ',
    'Bearer null',
    'Bearer undefined',
    '',
    `Bearer ${TOKEN} ${TOKEN}`,
    `Basic Bearer ${TOKEN}`,
    `Bearer ${'x'.repeat(100_000)}`,
    `Bearer ${' '.repeat(100_000)}`,
    'Bearer \u{1F511}',
  ]
  const configured = healthSeeing(LEAKY, { token: TOKEN })
  const withoutAny = healthSeeing(LEAKY, {
    access: makeTokenCheck({ stage: 'prod', configured: undefined, stored: async () => null }),
  })
  it.each(wrong)('%.40s', async (authorization) => {
    for (const seeing of [get, configured, withoutAny])
      for (const path of OPEN) expect(await seeing(path, bearing(authorization))).toEqual(await get(path))
  })

  it('takes the token whatever the spelling of its scheme', async () => {
    for (const given of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER  ${TOKEN} `])
      expect(await inTheCloud(given)).toBe('right')
  })
})

describe('without a token only the local stage is open', () => {
  const accessIn = (stage: string, configured?: string) =>
    makeTokenCheck({ stage, configured, stored: async () => null })

  it.each(['dev', 'prod', 'staging', 'Local', 'local ', ''])(
    'stage %j shows everybody the reduced view',
    async (stage) => {
      for (const given of [undefined, '', 'Bearer wrong', 'Bearer null'])
        expect(await accessIn(stage)(given)).toBe(given?.startsWith('Bearer ') ? 'wrong' : 'none')
      const seeing = healthSeeing(LEAKY, { access: accessIn(stage) })
      for (const path of OPEN) expect(await seeing(path)).toEqual(await get(path))
    },
  )

  it('stage local is open while no token is configured, and asks for it where one is', async () => {
    for (const given of [undefined, '', 'Bearer wrong']) {
      expect(await accessIn('local')(given)).toBe('right')
      expect(await accessIn('local', TOKEN)(given)).not.toBe('right')
    }
    expect(await accessIn('local', TOKEN)(`Bearer ${TOKEN}`)).toBe('right')
  })

  it('what is configured on a machine opens nothing in the cloud', async () => {
    expect(await accessIn('prod', TOKEN)(`Bearer ${TOKEN}`)).toBe('wrong')
  })
})

describe('the token of the secret', () => {
  function secretOf(first: Record<string, string>) {
    const state = { held: first, readable: true, loads: 0, reads: 0 }
    const clock = memoryClock()
    const { log, lines } = memoryLog()
    const read = async () => {
      state.reads += 1
      if (!state.readable) throw new Error('AccessDenied: arn:aws:secretsmanager:us-east-1:1:secret:x')
      return state.held
    }
    const load = async () => {
      state.loads += 1
      return { read }
    }
    const stored = makeSecretEntry('healthToken', { load, clock, log })
    const access = makeTokenCheck({ stage: 'prod', configured: undefined, stored })
    return { state, clock, lines, access, get: healthSeeing(LEAKY, { access }) }
  }
  const shows = async (seeing: Get, token?: string) =>
    (await seeing('/health/ready', token === undefined ? {} : bearing(`Bearer ${token}`))).body.includes('417.25')

  it('is read only when a request carries Authorization, and then once in 300 s', async () => {
    const { state, clock, get } = secretOf({ healthToken: TOKEN, captchaai: 'key' })
    for (const path of [...OPEN, '/health/live', '/nowhere']) await get(path)
    await get('/health/live', RIGHT)
    await get('/nowhere', RIGHT)
    expect(state).toMatchObject({ loads: 0, reads: 0 })
    expect(await shows(get, TOKEN)).toBe(true)
    await clock.advance(299_000)
    for (let i = 0; i < 20; i += 1) expect(await shows(get, i % 2 === 0 ? TOKEN : 'wrong')).toBe(i % 2 === 0)
    expect(state).toMatchObject({ loads: 1, reads: 1 })
    await clock.advance(1_000)
    await shows(get, TOKEN)
    expect(state).toMatchObject({ loads: 1, reads: 2 })
  })

  it('that was changed is heeded after at most 300 s, and the old one no longer', async () => {
    const { state, clock, get } = secretOf({ healthToken: TOKEN })
    await shows(get, TOKEN)
    state.held = { healthToken: 'another' }
    await clock.advance(300_000)
    expect([await shows(get, TOKEN), await shows(get, 'another')]).toEqual([false, true])
  })

  it('that cannot be read counts as none, and is logged without a name or a reason of the store', async () => {
    const { state, clock, lines, get } = secretOf({ healthToken: TOKEN })
    state.readable = false
    expect(await shows(get, TOKEN)).toBe(false)
    expect(lines).toMatchObject([{ level: 'warn', message: 'secret unreadable' }])
    expect(JSON.stringify(lines)).not.toMatch(/arn:|AccessDenied|canary/)
    for (let i = 0; i < 20; i += 1) await shows(get, TOKEN)
    expect(state.reads).toBe(1)
    state.readable = true
    await clock.advance(10_000)
    expect(await shows(get, TOKEN)).toBe(true)
  })

  it.each([{}, { healthToken: '' }, { captchaai: 'key' }])(
    '%j holds none, so nobody sees more; it is read at most every 10 s',
    async (held) => {
      const { state, clock, get } = secretOf(held)
      for (let second = 0; second < 60; second += 1) {
        for (const token of ['', 'key', 'undefined', 'null']) expect(await shows(get, token)).toBe(false)
        await clock.advance(1_000)
      }
      expect(state.reads).toBe(6)
    },
  )

  it('is never a provider’s key, nor one of those a token', async () => {
    const { get } = secretOf({ healthToken: TOKEN, captchaai: 'key', constructor: 'x' })
    for (const token of ['key', 'x', 'captchaai']) expect(await shows(get, token)).toBe(false)
  })
})
