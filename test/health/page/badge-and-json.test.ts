import { describe, expect, it } from 'vitest'
import { notReady } from '../../build/record.ts'
import { healthSeeing, STATES } from '../served-views.ts'

const states = Object.entries(STATES)
const INDICATORS = { ready: 'none', degraded: 'minor', not_ready: 'major', unknown: 'critical' }
const WORDS = { ready: 'ready', degraded: 'degraded', not_ready: 'not ready', unknown: 'unknown' }
const GREEN = '#1a7a48'

describe.each(states)('record %s', (_, { reading, status }) => {
  it('the badge says the state in words and is green for ready alone', async () => {
    const { body, headers } = await healthSeeing(reading)('/badge.svg')
    expect(headers['Content-Type']).toBe('image/svg+xml; charset=utf-8')
    expect(body).toContain(`<title>Lifesign: ${WORDS[status]}</title>`)
    expect(body.match(/<text/g)).toHaveLength(2)
    expect(body).toContain(`>${WORDS[status]}</text>`)
    expect(body.includes(GREEN)).toBe(status === 'ready')
    expect(new TextEncoder().encode(body).length).toBeLessThan(1000)
  })

  it('status.json has the shape of Statuspage, and its indicator is the state', async () => {
    const { json, headers } = await healthSeeing(reading)('/status.json')
    expect(headers['Content-Type']).toBe('application/json')
    expect(json).toMatchObject({
      page: { id: 'lifesign', name: 'Lifesign', time_zone: 'Etc/UTC', updated_at: '2026-11-21T12:00:00.000Z' },
      status: {
        indicator: INDICATORS[status],
        description: expect.stringMatching(/^(Ready|Degraded|Not ready|Unknown): /),
      },
      components: expect.arrayContaining([expect.objectContaining({ id: 'fleet', name: 'Task solving' })]),
      scheduled_maintenances: [],
    })
    expect(json.incidents).toHaveLength(status === 'ready' ? 0 : 1)
  })
})

describe('status.json', () => {
  it('says of an unknown state that it cannot tell, and calls nothing operational that nobody has seen', async () => {
    const { json } = await healthSeeing(STATES.stale.reading)('/status.json')
    expect(json.status).toMatchObject({ description: expect.stringContaining('cannot tell') })
    const components = Object(json).components as { id: string; status: string }[]
    expect(components.filter(({ status }) => status === 'operational').map(({ id }) => id)).toEqual(['table'])
  })

  it('tells the present trouble as one open incident, since when and why', async () => {
    const at = Date.parse('2026-11-21T11:46:00.000Z')
    const record = notReady({ changes: [{ at, status: 'not_ready', reasons: [] }] })
    const { json } = await healthSeeing({ kind: 'record', record, readAt: at })('/status.json')
    expect(json.incidents).toEqual([
      expect.objectContaining({
        ...{ name: 'Not ready: the balance is down to $0.50', impact: 'major', status: 'investigating' },
        ...{ started_at: '2026-11-21T11:46:00.000Z', resolved_at: null },
      }),
    ])
  })
})

describe('the badge', () => {
  it.each(['ready', 'degraded', 'not ready', 'stale'] as const)(
    'of a fleet that is %s has each word in the middle of its part',
    async (state) => {
      const { body, headers } = await healthSeeing(STATES[state].reading)('/badge.svg')
      const [left, right] = [...body.matchAll(/d="M\d+ 0h(\d+)v20H/g)].map(([, width]) => Number(width))
      if (left === undefined || right === undefined) throw new Error('a badge has two parts')
      expect([...body.matchAll(/<text x="([\d.]+)"/g)].map(([, x]) => Number(x))).toEqual([left / 2, left + right / 2])
      expect(body).toContain(`<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20"`)
      expect(headers['Content-Security-Policy']).toBe("default-src 'none'")
    },
  )
})

describe('the components and the incident of status.json', () => {
  const updated = '2026-11-21T12:00:00.000Z'
  const of = (id: string, status: string, position: number, description: string | null = null) => ({
    ...{ id, name: id === 'fleet' ? 'Task solving' : id, status, position, updated_at: updated, description },
  })
  const CANNOT_TELL = 'Unknown: the fleet cannot tell.'

  it('are in one order, and one of which nothing is known says so', async () => {
    expect((await healthSeeing(STATES['not ready'].reading)('/status.json')).json.components).toEqual([
      of('fleet', 'major_outage', 1),
      of('captchaaiApi', 'operational', 2),
      of('table', 'operational', 3),
      of('taskQueue', 'operational', 4),
      of('secret', 'operational', 5),
      of('sweep', 'operational', 6),
    ])
    expect((await healthSeeing(STATES.missing.reading)('/status.json')).json.components).toEqual([
      of('fleet', 'major_outage', 1, CANNOT_TELL),
      of('captchaaiApi', 'major_outage', 2, CANNOT_TELL),
      of('table', 'operational', 3),
      of('taskQueue', 'major_outage', 4, CANNOT_TELL),
      of('secret', 'major_outage', 5, CANNOT_TELL),
      of('sweep', 'major_outage', 6, CANNOT_TELL),
    ])
  })

  it('has one update with all issues and warnings, and one id for as long as the state lasts', async () => {
    const at = Date.parse('2026-11-21T11:46:00.000Z')
    const record = notReady({ changes: [{ at, status: 'not_ready', reasons: [] }] })
    const incident = async (token?: string) => {
      const options = token === undefined ? {} : { token }
      const { json } = await healthSeeing({ kind: 'record', record, readAt: at }, options)('/status.json')
      return Object(json.incidents)[0]
    }
    expect(await incident()).toMatchObject({
      id: 'not_ready-2026-11-21T11:46:00.000Z',
      ...{ created_at: '2026-11-21T11:46:00.000Z', updated_at: updated },
      incident_updates: [
        {
          ...{ id: 'latest', status: 'investigating', created_at: updated },
          body: 'consecutive_failures=12, low_balance=$0.50, on_backup=twocaptcha',
        },
      ],
    })
    expect((await incident('right')).incident_updates[0].body).toBe('consecutive_failures, low_balance, on_backup')
  })
})
