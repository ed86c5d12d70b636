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
