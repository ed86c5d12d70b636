import { describe, expect, it } from 'vitest'
import { parseRecord } from '../../functions/adapters/dynamodb/record-item.ts'
import { recordOf } from '../build/record.ts'
import { healthOver, healthSeeing, STATES } from './served-views.ts'

const SEEN_PATHS = ['/health/ready', '/health/dependencies', '/health/dependencies/table', '/health'] as const
const GOOD = {
  '/health/ready': ['ready', 'degraded'],
  '/health/dependencies': ['ok'],
  '/health/dependencies/table': ['ok'],
  '/health': ['healthy'],
}
const PATHS = ['/health/live', ...SEEN_PATHS] as const
const states = Object.entries(STATES)
/** Fields of the record that did not always exist. A deployment must not lose the record that it finds. */
const ADDED_LATER = { changes: [], history: null, drift: null }
const ready = STATES.ready.reading

describe('every view in every state of the record', () => {
  it.each(states)('record %s: ready is 200 for ready and degraded only, unknown is never 200', async (_, state) => {
    const answer = await healthSeeing(state.reading)('/health/ready')
    expect(answer.json.status).toBe(state.status)
    expect(answer.status).toBe(['ready', 'degraded'].includes(state.status) ? 200 : 503)
  })

  it.each(states)(
    'every surface at one moment: they agree (row 48), for body, headers and code of the views that exist: record %s',
    async (_, state) => {
      const get = healthSeeing(state.reading)
      const shown = await get('/health/ready')
      const sweptAt = (shown.json.evidence as { sweptAt: string | null }).sweptAt
      for (const path of SEEN_PATHS) {
        const { status, headers, json } = await get(path)
        expect(headers['X-Health-Status']).toBe(shown.json.status)
        expect(headers['X-Service-Mode']).toBe(shown.json.mode)
        expect(headers['X-Health-Time']).toBe(sweptAt ?? 'unknown')
        expect(status).toBe(GOOD[path].includes(String(json.status)) ? 200 : 503)
        if (state.status === 'unknown' && path !== '/health/dependencies/table') expect(status).toBe(503)
      }
    },
  )

  it.each(states)('record %s: live is 200 and has no X-Health header', async (_, state) => {
    const { status, json, headers } = await healthSeeing(state.reading)('/health/live')
    expect(status).toBe(200)
    expect(json).toEqual({ status: 'ok', uptimeMs: 1234, version: '1.2.3' })
    expect(Object.keys(headers).filter((name) => name.startsWith('X-Health') || name === 'X-Service-Mode')).toEqual([])
  })

  it.each(states)('record %s: a 503 says when to come back, a 200 does not', async (_, state) => {
    const get = healthSeeing(state.reading)
    for (const path of PATHS) {
      const { status, headers } = await get(path)
      expect([200, 503]).toContain(status)
      if (status === 503) expect(headers['Retry-After']).toMatch(/^[1-9]\d{0,2}$/)
      else expect(headers).not.toHaveProperty('Retry-After')
    }
  })
})

describe('record missing, corrupt, from the future, or of an older version: unknown, never ready; no 500 (row 34)', () => {
  it.each(['missing', 'corrupt', 'from the future', 'of another schema'] as const)('%s', async (name) => {
    const get = healthSeeing(STATES[name].reading)
    for (const path of SEEN_PATHS) expect([200, 503]).toContain((await get(path)).status)
    const { status, json } = await get('/health/ready')
    expect(status).toBe(503)
    expect(json).toMatchObject({ status: 'unknown', issues: ['record_unreadable'] })
  })

  const whole = JSON.stringify(recordOf())
  const broken = (key: string, value: unknown) => JSON.stringify({ ...recordOf(), [key]: value })
  const stored = Object.entries({
    'no JSON': 'nonsense',
    cut: whole.slice(0, -40),
    'of an older version': broken('schema', 0),
    'of a newer version': broken('schema', 2),
    'with a time that is none': broken('sweptAt', 'NaN'),
    'with a status that is none': broken('status', 'green\r\nX-Evil: 1'),
    ...Object.fromEntries(
      Object.keys(recordOf())
        .filter((key) => !Object.hasOwn(ADDED_LATER, key))
        .map((key) => [`without ${key}`, broken(key, undefined)]),
    ),
    ...Object.fromEntries(Object.keys(recordOf()).map((key) => [`with a wrong ${key}`, broken(key, [{ a: 'x' }])])),
  })
  it.each(stored)('as it is stored: %s', async (_, text) => {
    const found = parseRecord({ record: text })
    expect(found).toHaveProperty('unreadable')
    if (!('unreadable' in found)) return
    const get = healthSeeing({ kind: 'unreadable', why: found.unreadable, readAt: 0 })
    for (const path of SEEN_PATHS) expect([200, 503]).toContain((await get(path)).status)
    expect(await get('/health/ready')).toMatchObject({ status: 503, json: { status: 'unknown' } })
  })

  it.each(Object.entries(ADDED_LATER))(
    'a record of the version before %s is read, and nothing is known of that field yet',
    (key, nothing) => {
      expect(parseRecord({ record: broken(key, undefined) })).toMatchObject({ record: { [key]: nothing } })
    },
  )

  it('a record that lost its evidence behind the reader’s back', async () => {
    const record = JSON.parse(JSON.stringify({ ...recordOf(), evidence: undefined }))
    const get = healthSeeing({ kind: 'record', record, readAt: 0 })
    for (const path of SEEN_PATHS) expect([200, 503]).toContain((await get(path)).status)
    expect(await get('/health/ready')).toMatchObject({ status: 503, json: { status: 'unknown' } })
  })

  it('never swept: the times are null', async () => {
    const { json } = await healthSeeing(STATES.missing.reading)('/health/ready')
    expect(json.evidence).toEqual({ sweptAt: null, ageSeconds: null, maxAgeSeconds: 180 })
    expect(json.stats).toEqual({ solved: null, failed: null, successRate: null, balance: null })
  })
})

describe('HEAD, odd Accept, trailing slash, query, unknown path, POST: as the contract says (row 47)', () => {
  const get = healthSeeing(ready)

  it.each(PATHS)('HEAD %s has the headers of GET and no body', async (path) => {
    for (const state of [STATES.ready, STATES['not ready'], STATES.missing]) {
      const seeing = healthSeeing(state.reading)
      const full = await seeing(path)
      const head = await seeing(path, { method: 'HEAD' })
      expect(head.body).toBe('')
      expect(head.status).toBe(full.status)
      expect(head.headers).toEqual(full.headers)
      expect(head.headers['Content-Length']).toBe(String(new TextEncoder().encode(full.body).length))
    }
  })

  it.each(PATHS)('GET %s is JSON that nobody may store, whatever Accept says', async (path) => {
    for (const accept of ['*/*', 'text/html', 'application/json;q=0', 'garbage///', '', 'image/png, */*;q=0']) {
      const { status, headers } = await get(path, { headers: { accept } })
      expect(status).toBe(200)
      expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    }
  })

  it.each(PATHS)('%s never answers 304', async (path) => {
    const headers = { 'if-none-match': '*', 'if-modified-since': new Date(4e12).toUTCString() }
    expect((await get(path, { headers })).status).toBe(200)
  })

  it.each(PATHS)('%s with a slash or two behind it is the same view', async (path) => {
    const plain = await get(path)
    expect(await get(`${path}/`)).toEqual(plain)
    expect(await get(`${path}//`)).toEqual(plain)
  })

  it.each(PATHS)('other methods on %s are 405 with Allow', async (path) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'get', '']) {
      const { status, headers, json } = await get(path, { method })
      expect(status).toBe(405)
      expect(headers.Allow).toBe('GET, HEAD')
      expect(json).toEqual({ error: 'method_not_allowed' })
    }
  })

  const UNKNOWN = [
    '//',
    '///',
    '//health/live',
    '/',
    '',
    '/healthz',
    '/HEALTH',
    '/health/*',
    '/health/Ready',
    '/health/ready/now',
    '/health//ready',
    '//health',
    '/health/ready%00',
    '/health/dependencies/*',
    '/health/dependencies/nope',
    '/health/dependencies/twocaptchaApi',
    '/health/dependencies/__proto__',
    '/health/dependencies/constructor',
    '/health/dependencies/table/more',
    '/health/dependencies/%74able',
    '__proto__',
    'constructor',
    '/__proto__',
    '/constructor',
    '/pingback/x',
  ]
  it.each(UNKNOWN)('%s is 404 in JSON', async (path) => {
    for (const method of ['GET', 'HEAD']) {
      const { status, headers, body } = await get(path, { method })
      expect(status).toBe(404)
      expect(headers['Content-Type']).toBe('application/json')
      expect(body).toBe(method === 'HEAD' ? '' : '{"error":"not_found"}')
    }
  })

  it('live, an unknown path and a wrong method read nothing', async () => {
    const fleet = healthOver(recordOf())
    await fleet.get('/health/live')
    await fleet.get('/nowhere')
    await fleet.get('/health/ready', { method: 'POST' })
    expect(fleet.reads()).toBe(0)
    await fleet.get('/health/ready')
    expect(fleet.reads()).toBe(1)
  })
})
