import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dashboardQueries } from '../docs/dashboard.ts'
import { busyRecord } from '../health/metrics/busy-record.ts'
import { healthSeeing, STATES } from '../health/served-views.ts'
import { promtoolFindings } from './promtool.ts'

const DOCS = join(import.meta.dirname, '../../docs')
const RULES = join(DOCS, 'prometheus/lifesign.rules.yml')

const readings = {
  ...Object.fromEntries(Object.entries(STATES).map(([name, { reading }]) => [name, reading])),
  busy: { kind: 'record', record: busyRecord(), readAt: 0 } as const,
}

describe('promtool check metrics', () => {
  it.each(Object.entries(readings))(
    'finds nothing in /metrics, with the token and without: record %s',
    async (_, reading) => {
      for (const options of [{}, { token: 'right' }]) {
        const { body } = await healthSeeing(reading, options)('/metrics')
        expect(body).toContain('lifesign_ready ')
        expect(promtoolFindings(['check', 'metrics'], body)).toBe('')
      }
    },
  )

  it('would find a counter with a wrong name, which proves that it looks', () => {
    const wrong = '# TYPE lifesign_tasks counter\nlifesign_tasks 1\n'
    expect(promtoolFindings(['check', 'metrics'], wrong)).toMatch(/_total/)
  })
})

describe('promtool', () => {
  it('accepts the alert rules', () => {
    expect(promtoolFindings(['check', 'rules', RULES])).toBe('')
  })

  it('finds that the alert rules do what their tests say', () => {
    expect(promtoolFindings(['test', 'rules', join(DOCS, 'prometheus/lifesign.rules.test.yml')])).toBe('')
  })

  it('accepts every query of the dashboard', () => {
    const rules = dashboardQueries(readFileSync(join(DOCS, 'grafana/lifesign.json'), 'utf8')).map((expr, i) => ({
      record: `query_${i}`,
      expr: expr.replaceAll('$__rate_interval', '2m').replaceAll('$job', 'lifesign'),
    }))
    expect(rules.length).toBeGreaterThan(10)
    const folder = mkdtempSync(join(tmpdir(), 'lifesign-queries-'))
    const file = join(folder, 'queries.yml')
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    expect(promtoolFindings(['check', 'rules', file])).toBe('')
    rmSync(folder, { recursive: true })
  })
})
