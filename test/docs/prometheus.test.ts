import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NOON } from '../../sim/memory/clock.ts'
import { busyRecord } from '../health/metrics/busy-record.ts'
import { healthSeeing } from '../health/served-views.ts'
import { dashboardQueries } from './dashboard.ts'

const DOCS = join(import.meta.dirname, '../../docs')
const rules = readFileSync(join(DOCS, 'prometheus/lifesign.rules.yml'), 'utf8')
const dashboard = readFileSync(join(DOCS, 'grafana/lifesign.json'), 'utf8')
const runbook = readFileSync(join(DOCS, 'runbook.md'), 'utf8')
const namesIn = (text: string): string[] => [...new Set(text.match(/\blifesign_[a-z_]+/g))].sort()

describe('what those who scrape are given', () => {
  it('asks only for metrics that exist', async () => {
    const record = busyRecord()
    const { body } = await healthSeeing({ kind: 'record', record, readAt: NOON })('/metrics')
    const shown = new Set(namesIn(body))
    const asked = [...namesIn(rules.replace(/#.*/g, '')), ...namesIn(dashboardQueries(dashboard).join('\n'))]
    expect(asked.length).toBeGreaterThan(15)
    expect(asked.filter((name) => !shown.has(name))).toEqual([])
  })

  it('asks only for issue codes that exist', async () => {
    const { body } = await healthSeeing({ kind: 'missing', readAt: NOON })('/metrics')
    const codes = [...rules.matchAll(/code=~?"([a-z_|]+)"/g)].flatMap(([, list = '']) => list.split('|'))
    expect(codes.length).toBeGreaterThan(5)
    for (const code of codes) expect(body).toContain(`{code="${code}"}`)
  })

  it('names a section of the runbook for each alert', () => {
    const headings = new Set(
      [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => text.toLowerCase().replaceAll(' ', '-')),
    )
    const links = [...rules.matchAll(/runbook: docs\/runbook\.md#(\S+)/g)].map(([, anchor = '']) => anchor)
    const alerts = rules.match(/- alert: \w+/g) ?? []
    expect(links).toHaveLength(alerts.length)
    expect(links.filter((anchor) => !headings.has(anchor))).toEqual([])
  })

  it('is where the documents say', () => {
    for (const file of ['prometheus/README.md', 'prometheus/lifesign.rules.test.yml', 'grafana/lifesign.json'])
      expect(existsSync(join(DOCS, file))).toBe(true)
  })

  it('has a dashboard in which every panel says what it shows, and no data is not a colour of health', () => {
    const { panels, uid } = JSON.parse(dashboard)
    expect(uid).toBe('lifesign')
    for (const panel of panels) expect(`${panel.title}: ${panel.description}`).toMatch(/^.{3,}: .{5,}\.$/)
    expect(dashboard).toContain('"No data"')
  })
})
