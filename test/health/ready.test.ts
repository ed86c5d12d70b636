import { describe, expect, it } from 'vitest'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { minute } from '../build/evidence.ts'
import { notReady, recordOf, sweptProvider } from '../build/record.ts'
import { healthSeeing, type ServedOptions } from './served-views.ts'

const readyOf = async (record: ReadinessRecord, options?: ServedOptions) =>
  (await healthSeeing({ kind: 'record', record, readAt: NOON }, options)('/health/ready')).json

const statsOf = async (record: ReadinessRecord) => (await readyOf(record)).stats

describe('the ready view', () => {
  it('shows the whole verdict with its evidence, thresholds and trace', async () => {
    expect(await readyOf(notReady())).toEqual({
      status: 'not_ready',
      mode: 'normal',
      issues: ['consecutive_failures=12', 'low_balance=$0.50'],
      warnings: ['on_backup=twocaptcha'],
      stats: { solved: 8, failed: 2, successRate: 0.8, balance: 12.5 },
      evidence: { sweptAt: '2026-11-21T11:59:53.000Z', ageSeconds: 7, maxAgeSeconds: 180 },
      thresholds: {
        streakFailures: 10,
        noSolveSeconds: 600,
        stalledSeconds: 180,
        minBalance: 1,
        queueCapacity: 1000,
        maxInFlight: 100,
        degradedQueueDepth: 150,
        degradedErrorRate: 0.2,
        emergencyErrorRate: 0.5,
      },
      trace: [
        {
          rule: 'consecutive_failures',
          observed: 12,
          threshold: 10,
          since: '2026-11-21T11:58:53.000Z',
          runbook: 'docs/runbook.md#consecutive-failures',
        },
      ],
    })
  })

  it('shows the thresholds that are in force', async () => {
    const settings = { streakFailures: 3, minBalance: 0.25 }
    expect((await readyOf(recordOf(), { settings })).thresholds).toMatchObject(settings)
  })

  it('counts the last hour as seen now, not as seen by the sweep', async () => {
    const minutes = [
      minute(NOON - 60 * 60_000, { solved: 500, failed: 500 }),
      minute(NOON - 59 * 60_000, { solved: 3 }),
      minute(NOON, { solved: 1, failed: 2, expired: 4 }),
    ]
    const stats = await statsOf(recordOf({ evidence: { minutes } }))
    expect(stats).toMatchObject({ solved: 4, failed: 6, successRate: 0.4 })
  })

  it('no data is not 100 %', async () => {
    const stats = await statsOf(recordOf({ evidence: { minutes: [] } }))
    expect(stats).toMatchObject({ solved: 0, failed: 0, successRate: null })
  })

  it('all failed is a rate of 0', async () => {
    const minutes = [minute(NOON - 60_000, { failed: 7 })]
    expect(await statsOf(recordOf({ evidence: { minutes } }))).toMatchObject({ successRate: 0 })
  })

  it('as many solved as failed is a half', async () => {
    const minutes = [minute(NOON - 60_000, { solved: 7, failed: 3, expired: 4 })]
    expect(await statsOf(recordOf({ evidence: { minutes } }))).toMatchObject({ successRate: 0.5 })
  })

  it('shows the balance of the active provider, or null', async () => {
    const providers = [sweptProvider({ balance: 1 }), sweptProvider({ name: 'twocaptcha', balance: 2 })]
    const on = (activeProvider: string | null) =>
      statsOf(recordOf({ activeProvider, evidence: { providers, activeProvider } }))
    expect(await on('captchaai')).toMatchObject({ balance: 1 })
    expect(await on('twocaptcha')).toMatchObject({ balance: 2 })
    expect(await on(null)).toMatchObject({ solved: 8, balance: null })
  })

  it('no tasks for hours, then one: idle, ready, before and at that one (row 39, as shown)', async () => {
    const idle = { minutes: [], demand: false, demandSeconds: 0, lastOutcomeAt: NOON - 9 * 3_600_000 }
    const before = await readyOf(recordOf({ evidence: idle }))
    const at = await readyOf(recordOf({ evidence: { ...idle, demand: true } }))
    for (const body of [before, at]) expect(body).toMatchObject({ status: 'ready', issues: [], warnings: [] })
  })

  it('first minutes after deploy: starting, not not-ready for lack of solves (row 41, as shown)', async () => {
    const record = recordOf({ warnings: ['starting'], evidence: { minutes: [], lastOutcomeAt: null } })
    expect(await readyOf(record)).toMatchObject({ status: 'ready', issues: [], warnings: ['starting'] })
  })

  it('hostile strings in provider or error text stay text (row 45, JSON only)', async () => {
    const hostile = `"}<script>alert(1)</script>\r\nX-Evil: 1\u2028`
    const answer = await healthSeeing({
      kind: 'record',
      readAt: NOON,
      record: notReady({ issues: [`circuit_open=${hostile}`] }),
    })('/health/ready')
    expect(answer.json.issues).toEqual([`circuit_open=${hostile}`])
    expect(JSON.stringify(answer.headers)).not.toContain('Evil')
    expect(answer.headers['X-Content-Type-Options']).toBe('nosniff')
  })
})
