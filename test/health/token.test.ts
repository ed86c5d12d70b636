import { describe, expect, it } from 'vitest'
import { knowsToken } from '../../functions/health/token.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { notReady, provider } from './build.ts'
import { type Get, healthSeeing, STATES } from './fleet.ts'

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
    providers: [provider({ balance: 417.25, error: { class: 'auth', code: SECRETS.slice(2, 4).join() } })],
  },
})
const OPEN = ['/health/ready', '/health/dependencies', '/health/dependencies/captchaaiApi', '/health']
const get = healthSeeing({ kind: 'record', record: leaky, readAt: NOON }, { token: TOKEN })
const bearing = (authorization: string): Parameters<Get>[1] => ({ headers: { authorization } })

describe('anonymous view: no ARN, queue URL, key, balance, provider error text (row 46)', () => {
  it.each(OPEN)('%s', async (path) => {
    const { status, headers, body } = await get(path)
    expect(status).toBe(503)
    const said = body + JSON.stringify(headers)
    for (const secret of SECRETS) expect(said).not.toContain(secret)
    expect(said).not.toMatch(/"balance":|arn:|https?:/)
  })

  it('with the token the same record shows what it holds', async () => {
    const { body } = await get('/health/ready', bearing(`Bearer ${TOKEN}`))
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
      const seeing = healthSeeing(reading, { token: TOKEN })
      for (const path of OPEN) {
        const anonymous = await seeing(path)
        const known = await seeing(path, bearing(`Bearer ${TOKEN}`))
        const without = ({ headers: { 'Content-Length': _, ...rest } }: typeof known) => rest
        expect(anonymous.status).toBe(known.status)
        expect(without(anonymous)).toEqual(without(known))
        expect(anonymous.json.status).toBe(known.json.status)
        if (path !== '/health/dependencies/captchaaiApi') expect(anonymous.body).not.toBe(known.body)
      }
    }
  })
})

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
    '',
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${'x'.repeat(100_000)}`,
    'Bearer \u{1F511}',
  ]
  it.each(wrong)('%.40s', async (authorization) => {
    for (const path of OPEN) expect(await get(path, bearing(authorization))).toEqual(await get(path))
  })

  it('takes the token whatever the spelling of its scheme', () => {
    for (const given of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER  ${TOKEN} `]) {
      expect(knowsToken(given, TOKEN)).toBe(true)
    }
  })

  it('without a configured token everything is shown', () => {
    for (const given of [undefined, '', 'Bearer wrong']) expect(knowsToken(given, undefined)).toBe(true)
  })
})
