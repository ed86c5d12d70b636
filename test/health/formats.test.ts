import { describe, expect, it } from 'vitest'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { encode } from '../../functions/health/formats.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { notReady, recordOf, SWEPT_AT, sweptProvider } from '../build/record.ts'
import { healthSeeing, type ServedOptions, STATES } from './served-views.ts'

const PATHS = ['/health/live', '/health/ready', '/health/dependencies', '/health/dependencies/captchaaiApi', '/health']
const seeing = (record: ReadinessRecord, options?: ServedOptions) =>
  healthSeeing({ kind: 'record', record, readAt: NOON }, options)
const textOf = async (get: ReturnType<typeof seeing>, path: string) => get(path, { headers: { accept: 'text/plain' } })
const healthJsonOf = (get: ReturnType<typeof seeing>, path: string) =>
  get(path, { headers: { accept: 'application/health+json' } })
const states = Object.entries(STATES)

describe.each(states)('record %s', (_, { reading }) => {
  const get = healthSeeing(reading)

  it('text: only lines of checks, and every 503 has a [-] line, every 200 has none', async () => {
    for (const path of PATHS) {
      const { status, headers, body } = await textOf(get, path)
      expect(headers['Content-Type']).toBe('text/plain; charset=utf-8')
      expect(body).toMatch(/^(\[[+-]\]\w+ [^\n]+\n)+$/)
      expect(/^\[-\]/m.test(body)).toBe(status === 503)
    }
  })

  it('health+json: fail exactly for a 503, warn for a degraded fleet, and each check has a status', async () => {
    for (const path of PATHS) {
      const { status, headers, json } = await healthJsonOf(get, path)
      expect(headers['Content-Type']).toBe('application/health+json')
      const shown = headers['X-Health-Status']
      const isWhole = !path.includes('dependencies/')
      expect(json.status === 'fail').toBe(status === 503)
      if (status === 200 && isWhole) expect(json.status).toBe(shown === 'degraded' ? 'warn' : 'pass')
      expect(json.releaseId).toBe('1.2.3')
      const checks = Object.values(Object(json.checks)).flat()
      expect(checks.length).toBeGreaterThan(0)
      for (const check of checks) expect(['pass', 'warn', 'fail']).toContain(Object(check).status)
      expect(json.output === undefined).toBe(json.status === 'pass')
    }
  })

  it('code and headers do not depend on the format, and HEAD has those of GET', async () => {
    const without = ({ 'Content-Type': _, 'Content-Length': __, ...rest }: Record<string, string>) => rest
    for (const path of PATHS) {
      const asJson = await get(path)
      for (const accept of ['text/plain', 'application/health+json', 'text/html']) {
        const other = await get(path, { headers: { accept } })
        expect(other.status).toBe(asJson.status)
        expect(without(other.headers)).toEqual(without(asJson.headers))
        const head = await get(path, { headers: { accept }, method: 'HEAD' })
        expect(head).toMatchObject({ status: other.status, headers: other.headers, body: '' })
      }
    }
  })
})

describe('the ready view', () => {
  it('as text: one line for its status, each issue and each warning', async () => {
    const { body } = await textOf(seeing(notReady()), '/health/ready')
    expect(body.split('\n')).toEqual([
      '[-]ready not_ready',
      '[-]consecutive_failures consecutive_failures=12 see /runbook#consecutive-failures',
      '[-]low_balance low_balance=$0.50 see /runbook#low-balance',
      '[+]on_backup warning: on_backup=twocaptcha see /runbook#on-backup',
      '',
    ])
  })

  it('as health+json: ready passes with a warning, degraded warns, not ready fails', async () => {
    const statusOf = async (record: ReadinessRecord) =>
      (await healthJsonOf(seeing(record), '/health/ready')).json.status
    expect(await statusOf(recordOf({ warnings: ['starting'] }))).toBe('pass')
    expect(await statusOf(recordOf({ status: 'degraded' }))).toBe('warn')
    expect(await statusOf(notReady())).toBe('fail')
  })

  it('links each issue and warning to its section of the runbook, in text and in health+json, with the token only', async () => {
    const links = ['/runbook#consecutive-failures', '/runbook#low-balance', '/runbook#on-backup']
    const runbookIn = (text: string) => [...text.matchAll(/\/runbook[#\w-]*/g)].map(([link]) => link)
    for (const path of ['/health/ready', '/health']) {
      const full = seeing(notReady())
      const { body, json } = await healthJsonOf(full, path)
      expect(runbookIn(body)).toEqual(links)
      expect(Object(json.checks).on_backup).toMatchObject([{ status: 'warn', links: { help: '/runbook#on-backup' } }])
      expect(json.output).not.toContain('/runbook')
      expect(runbookIn((await textOf(full, path)).body)).toEqual(links)
      const reduced = seeing(notReady(), { token: 'right' })
      expect((await textOf(reduced, path)).body).toContain('low_balance')
      for (const read of [healthJsonOf, textOf]) expect(runbookIn((await read(reduced, path)).body)).toEqual([])
    }
  })

  it('as health+json says what fails, and with which value', async () => {
    const { json } = await healthJsonOf(seeing(notReady()), '/health/ready')
    expect(json).toMatchObject({
      status: 'fail',
      output: expect.stringContaining('low_balance: low_balance=$0.50'),
      checks: { ready: [{ status: 'fail', time: '2026-11-21T11:59:53.000Z', output: 'not_ready' }] },
    })
  })
})

describe('the dependencies view', () => {
  const down = { unusableSince: SWEPT_AT, error: { class: 'transient', code: 'REFUSED' } } as const

  it('as text: one line for each dependency', async () => {
    const { body } = await textOf(seeing(recordOf({ evidence: { providers: [sweptProvider(down)] } })), PATHS[2] ?? '')
    expect(body.split('\n')).toEqual([
      '[-]captchaaiApi down: REFUSED: captchaai did not answer: the connection was refused.',
      '[+]table ok',
      '[+]taskQueue ok',
      '[+]secret ok',
      '[+]sweep ok',
      '',
    ])
  })

  it('as health+json: the response time of each dependency', async () => {
    const { json } = await healthJsonOf(seeing(recordOf()), '/health/dependencies')
    expect(Object(json.checks)['captchaaiApi:responseTime']).toEqual([
      { status: 'pass', observedValue: 84, observedUnit: 'ms', time: '2026-11-21T11:59:53.000Z' },
    ])
  })

  it('a soft dependency that is down is a warning and not a 503', async () => {
    const providers = [sweptProvider(), sweptProvider({ name: 'twocaptcha', ...down })]
    const get = seeing(recordOf({ evidence: { providers } }), { backup: true })
    expect(await healthJsonOf(get, '/health/dependencies/twocaptchaApi')).toMatchObject({
      status: 200,
      json: { status: 'warn' },
    })
    expect((await textOf(get, '/health/dependencies')).body).toContain('[+]twocaptchaApi down: REFUSED: ')
  })
})

it('no text of a check can begin a line of its own', () => {
  const says = 'ok\r\n[+]forged ok\u2028[+]also\u0000'
  const { text } = encode(
    { kind: 'report', body: {}, checks: [{ name: 'a', grade: 'fail', says }] },
    'fail',
    'text/plain',
    '1',
  )
  expect(text).toBe('[-]a ok [+]forged ok [+]also \n')
})

it('a document is sent as it is, whatever Accept says', () => {
  const page = { kind: 'document', contentType: 'text/html', text: '<p>', headers: { A: 'b' } } as const
  expect(encode(page, 'pass', 'application/json', '1')).toMatchObject({ contentType: 'text/html', text: '<p>' })
})
