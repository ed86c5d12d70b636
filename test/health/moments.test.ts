import { expect, it } from 'vitest'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import { healthSeeing, STATES } from './served-views.ts'

const WORDS = { ready: 'Ready', degraded: 'Degraded', not_ready: 'Not ready', unknown: 'Unknown' } as const
const INDICATORS = { ready: 'none', degraded: 'minor', not_ready: 'major', unknown: 'critical' } as const
const GRADES = { ready: 'pass', degraded: 'warn', not_ready: 'fail', unknown: 'fail' } as const
const STATUSES = ['ready', 'degraded', 'not_ready', 'unknown'] as const
const MODES = ['normal', 'degraded', 'emergency'] as const

const admission = initialAdmission(['captchaai'])
const pause = { by: 'on-call', at: 0, reason: 'maintenance' }
const breaker = { state: 'open', since: 0, until: 9e15, seconds: 10, cause: 'TIMEOUT' } as const
const ADMISSIONS = {
  'no admission item': undefined,
  'an admission item at rest': admission,
  'a pause since the last sweep': { ...admission, control: { ...admission.control, pause } },
  'a breaker that opened since the last sweep': {
    ...admission,
    control: { ...admission.control, providers: { captchaai: { ...initialProvider, breaker } } },
  },
}
const moments = Object.entries(STATES).flatMap(([state, { reading }]) =>
  Object.entries(ADMISSIONS).map(([beside, item]) => [state, beside, reading, item] as const),
)

it.each(moments)(
  'every surface at one moment (body, header, code, metrics, page, badge): they agree (row 48): record %s, %s',
  async (_, __, reading, item) => {
    const get = healthSeeing(reading, item === undefined ? {} : { admission: item })
    const ready = await get('/health/ready')
    const status = STATUSES.find((word) => word === ready.json.status) ?? 'unknown'
    const mode = String(ready.json.mode)
    const isGood = status === 'ready' || status === 'degraded'
    expect(ready.status).toBe(isGood ? 200 : 503)

    for (const path of [
      '/health/ready',
      '/health/dependencies',
      '/health',
      '/health/deep',
      '/metrics',
      '/status',
      '/status.json',
      '/badge.svg',
      '/runbook',
    ]) {
      const { headers } = await get(path)
      expect([path, headers['X-Health-Status'], headers['X-Service-Mode']]).toEqual([path, status, mode])
    }

    const accept = (type: string) => ({ headers: { accept: type } })
    expect((await get('/health/ready', accept('application/health+json'))).json.status).toBe(GRADES[status])
    const text = (await get('/health/ready', accept('text/plain'))).body
    expect(text.split('\n')[0]).toBe(`[${isGood ? '+' : '-'}]ready ${status}`)

    const overview = await get('/health')
    expect(overview.json.mode).toBe(mode)
    if (!isGood) expect(overview.status).toBe(503)

    const metrics = (await get('/metrics')).body
    const value = (name: string) =>
      metrics
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1]
    expect(value('lifesign_ready')).toBe(isGood ? '1' : '0')
    for (const word of STATUSES) expect(value(`lifesign_status{status="${word}"}`)).toBe(word === status ? '1' : '0')
    for (const word of MODES) expect(value(`lifesign_mode{mode="${word}"}`)).toBe(word === mode ? '1' : '0')

    const page = (await get('/status')).body
    expect(
      /<h1[^>]*>([\s\S]*?)<\/h1>/
        .exec(page)?.[1]
        ?.replace(/<[^>]+>/g, '')
        .trim(),
    ).toContain(WORDS[status])
    expect(/<title>([^<]*)/.exec(page)?.[1]).toContain(WORDS[status])
    const summary = Object((await get('/status.json')).json.status)
    expect(summary.indicator).toBe(INDICATORS[status])
    expect(summary.description).toMatch(new RegExp(`^${WORDS[status]}:`))
    expect((await get('/badge.svg')).body).toContain(WORDS[status].toLowerCase())
  },
)
