import { describe, expect, it } from 'vitest'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { notReady, recordOf } from '../build/record.ts'
import { healthSeeing, type ServedOptions, STATES } from './served-views.ts'

const linesOf = async (record: ReadinessRecord, path: string, options?: ServedOptions): Promise<string[]> => {
  const get = healthSeeing({ kind: 'record', record, readAt: NOON }, options)
  return (await get(path, { headers: { accept: 'text/plain' } })).body.trimEnd().split('\n')
}
const token = { token: 'right' }

describe('the overview as text', () => {
  it.each([
    [0, 89, '[+]fleet healthy', '[+]load 89 of 100', '[+]queue 0 of 1000'],
    [0, 90, '[-]fleet overloaded', '[-]load 90 of 100', '[+]queue 0 of 1000'],
    [999, 0, '[+]fleet healthy', '[+]load 0 of 100', '[+]queue 999 of 1000'],
    [1000, 0, '[-]fleet overloaded', '[+]load 0 of 100', '[-]queue 1000 of 1000'],
  ])('of %i tasks that wait and %i in flight says %s', async (waiting, inFlight, fleet, load, queue) => {
    const record = recordOf({ evidence: { queue: { waiting, available: waiting, inFlight, deadLetters: 0 } } })
    expect(await linesOf(record, '/health')).toEqual([fleet, '[+]mode normal', load, queue])
  })

  it.each([
    ['a healthy fleet', recordOf(), ['[+]fleet healthy', '[+]mode normal', '[+]load 9 of 100', '[+]queue 4 of 1000']],
    [
      'an issue and a warning',
      notReady({ issues: ['low_balance=$0.50'] }),
      [
        ...['[-]fleet degraded', '[+]mode normal', '[+]load 9 of 100', '[+]queue 4 of 1000'],
        ...[
          '[-]low_balance low_balance=$0.50 see /runbook#low-balance',
          '[+]on_backup warning: on_backup=twocaptcha see /runbook#on-backup',
        ],
      ],
    ],
    [
      'evidence that is too old to tell the load',
      recordOf({ sweptAt: NOON - 190_000 }),
      ['[-]fleet degraded', '[+]mode normal', '[-]stale_evidence stale_evidence=190s see /runbook#stale-evidence'],
    ],
  ])('of %s', async (_, record, lines) => {
    expect(await linesOf(record, '/health')).toEqual(lines)
  })

  it('has codes and no load for those without the token', async () => {
    expect(await linesOf(notReady(), '/health', token)).toEqual([
      ...['[-]fleet degraded', '[+]mode normal'],
      ...[
        '[-]consecutive_failures consecutive_failures',
        '[-]low_balance low_balance',
        '[+]on_backup warning: on_backup',
      ],
    ])
  })

  it('warns of a mode that is not normal, in health+json', async () => {
    const of = async (record: ReadinessRecord) =>
      (
        await healthSeeing({ kind: 'record', record, readAt: NOON })('/health', {
          headers: { accept: 'application/health+json' },
        })
      ).json
    const strained = recordOf({ status: 'degraded', mode: 'degraded' })
    expect(await of(strained)).toEqual({
      ...{ status: 'fail', releaseId: '1.2.3', output: 'fleet: degraded; mode: degraded' },
      checks: {
        fleet: [{ status: 'fail', output: 'degraded' }],
        mode: [{ status: 'warn', output: 'degraded' }],
        load: [{ status: 'pass' }],
        queue: [{ status: 'pass' }],
      },
    })
    expect(await of(recordOf())).toMatchObject({ status: 'pass', checks: { mode: [{ status: 'pass' }] } })
  })
})

describe('the dependencies as text', () => {
  const down = notReady({ issues: ['circuit_open=captchaai'], warnings: [] })

  it('are one line each, also to those without the token, who see statuses only', async () => {
    expect(await linesOf(down, '/health/dependencies', token)).toEqual([
      ...['[-]captchaaiApi down', '[+]table ok', '[+]taskQueue ok', '[+]secret ok', '[+]sweep ok'],
    ])
    expect(await linesOf(down, '/health/dependencies/captchaaiApi', token)).toEqual(['[-]captchaaiApi down'])
    expect(await linesOf(down, '/health/dependencies/captchaaiApi')).toEqual([
      '[-]captchaaiApi down: circuit_open: Calls to captchaai keep failing, so they are stopped for a while.',
    ])
  })

  it('have in health+json no time and no number that nobody knows', async () => {
    const get = healthSeeing(STATES.missing.reading)
    const { json } = await get('/health/dependencies', { headers: { accept: 'application/health+json' } })
    expect(Object(json.checks)['taskQueue:responseTime']).toEqual([
      { status: 'fail', output: 'unknown: no_fresh_evidence: No sweep has looked at it lately.' },
    ])
  })
})

describe('the headers of an answer', () => {
  it('tell whoever is refused by the deep view of the state of the fleet, and of a wait only where there is one', async () => {
    const get = healthSeeing(STATES.ready.reading, { deep: async () => ({ kind: 'badRequest' }) })
    const { status, headers } = await get('/health/deep', { method: 'POST', body: 'x' })
    expect([status, headers['X-Health-Status']]).toEqual([400, 'ready'])
    expect(headers).not.toHaveProperty('Retry-After')
  })

  it('name the time at which an open breaker lets the next call through', async () => {
    const { control, ...rest } = initialAdmission(['captchaai'])
    const breaker = { state: 'open', since: NOON, until: NOON + 40_000, seconds: 40, cause: 'TIMEOUT' } as const
    const providers = { captchaai: { ...initialProvider, breaker } }
    const admission = { ...rest, control: { ...control, providers } }
    const { status, headers } = await healthSeeing(STATES.ready.reading, { admission })('/health/ready')
    expect([status, headers['Retry-After']]).toEqual([503, '40'])
  })
})
