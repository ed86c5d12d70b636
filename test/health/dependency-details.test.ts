import { describe, expect, it } from 'vitest'
import { EMPTY_SUMMARY } from '../../functions/core/outcome/summary.ts'
import type { DeepCheck, DeepRun } from '../../functions/core/record/deep-run.ts'
import type { ReadinessRecord, RecordReading } from '../../functions/core/record/record.ts'
import type { Check } from '../../functions/health/checks/check.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { recordOf, SWEPT_AT, sweptProvider } from '../build/record.ts'
import { healthSeeing, type ServedOptions, STATES } from './served-views.ts'

const reading = (record: ReadinessRecord): RecordReading => ({ kind: 'record', record, readAt: NOON })
const checksOf = async (from: RecordReading, options?: ServedOptions) =>
  (await healthSeeing(from, options)('/health/dependencies')).json.checks as Record<string, Check>
const answered = (at: Record<string, number>, lastWorkingSubmitAt: number | null = null) => ({
  ...EMPTY_SUMMARY,
  lastWorkingSubmitAt,
  accountAnswers: Object.fromEntries(Object.entries(at).map(([name, time]) => [name, { at: time, refusal: null }])),
})

const NOBODY_KNOWS = 'so nobody knows whether tasks are being solved.'

describe('the sentence of a dependency', () => {
  const saying = (issue: string) => recordOf({ status: 'not_ready', issues: [issue] })
  const failing = (name: string, code: string) =>
    recordOf({ evidence: { providers: [sweptProvider({ name, error: { class: 'transient', code } })] } })

  it.each([
    [
      'captchaaiApi',
      saying('circuit_open=captchaai'),
      'Calls to captchaai keep failing, so they are stopped for a while.',
    ],
    ['captchaaiApi', saying('provider_slow=captchaai'), 'Captchaai answers slowly.'],
    [
      'captchaaiApi',
      recordOf({ evidence: { providers: [sweptProvider({ checkedAt: null })] } }),
      'captchaai was never asked.',
    ],
    [
      'captchaaiApi',
      failing('captchaai', 'ERROR_ZERO_BALANCE'),
      'captchaai answered ERROR_ZERO_BALANCE: all threads are busy.',
    ],
    [
      'twocaptchaApi',
      failing('twocaptcha', 'ERROR_ZERO_BALANCE'),
      'twocaptcha answered ERROR_ZERO_BALANCE: the account has no money.',
    ],
    [
      'laterApi',
      failing('later', 'ERROR_ZERO_BALANCE'),
      'later answered ERROR_ZERO_BALANCE: a code that is not known.',
    ],
    ['secret', recordOf({ evidence: { secretReadable: false } }), 'The secret with the API keys cannot be read.'],
    [
      'captchaaiApi',
      recordOf({ evidence: { providers: [sweptProvider({ checkedAt: Number.NaN })] } }),
      'The check itself failed: the record holds something that cannot be shown.',
    ],
  ])('%s, case %#', async (name, record, reason) => {
    expect((await checksOf(reading(record)))[name]).toMatchObject({ reason, criticality: 'hard' })
  })

  it.each([
    ['missing', 'taskQueue', 'unknown', 'no_fresh_evidence', 'No sweep has looked at it lately.'],
    ['missing', 'secret', 'unknown', 'no_fresh_evidence', 'No sweep has looked at it lately.'],
    ['missing', 'captchaaiApi', 'unknown', 'no_fresh_evidence', 'No sweep has looked at captchaai lately.'],
    ['stale', 'captchaaiApi', 'unknown', 'no_fresh_evidence', 'No sweep has looked at captchaai lately.'],
    ['missing', 'sweep', 'unknown', 'record_unreadable', `The readiness record cannot be read, ${NOBODY_KNOWS}`],
    ['stale', 'sweep', 'down', 'stale_evidence', `The last sweep is 190s old, ${NOBODY_KNOWS}`],
    ['unreachable and never read', 'table', 'down', 'unreachable', 'The table does not answer, or refuses the read.'],
  ] as const)('record %s: %s is %s: %s', async (state, name, status, error, reason) => {
    const checks = await checksOf(STATES[state].reading)
    expect(checks[name]).toMatchObject({ status, error, reason })
    expect(Object.keys(checks)).toEqual(['captchaaiApi', 'table', 'taskQueue', 'secret', 'sweep'])
  })
})

describe('the time of the evidence', () => {
  it('is that of traffic which is as old as evidence may be, and not that of the later sweep', async () => {
    const totals = answered({ captchaai: NOON - 180_000 }, NOON - 180_000)
    const checks = await checksOf(reading(recordOf({ evidence: { totals } })))
    for (const name of ['captchaaiApi', 'taskQueue', 'secret'])
      expect(checks[name]).toMatchObject({ evidence: 'traffic', ageSeconds: 180 })
  })

  it.each([
    ['later than the sweep', 1],
    ['as late as the sweep', 0],
  ])('is that of traffic, where both are older and it is %s', async (_, later) => {
    const sweptAt = NOON - 190_000
    const totals = answered({ captchaai: sweptAt + later }, sweptAt + later)
    const providers = [sweptProvider({ checkedAt: sweptAt })]
    const { captchaaiApi } = await checksOf(reading(recordOf({ sweptAt, evidence: { totals, providers } })))
    expect(captchaaiApi).toMatchObject({ status: 'unknown', evidence: 'traffic' })
  })

  it('is for the secret the latest answer of any provider', async () => {
    const totals = answered({ captchaai: NOON - 60_000, twocaptcha: NOON - 20_000 })
    expect((await checksOf(reading(recordOf({ evidence: { totals } })))).secret).toMatchObject({ ageSeconds: 20 })
  })

  it('a submit that was accepted in the same millisecond does not outweigh an account call that failed', async () => {
    const providers = [sweptProvider({ error: { class: 'transient', code: 'TIMEOUT' }, lostCalls: 1 })]
    const totals = answered({ captchaai: SWEPT_AT })
    const { captchaaiApi } = await checksOf(reading(recordOf({ evidence: { totals, providers } })))
    expect(captchaaiApi).toMatchObject({ status: 'degraded', error: 'TIMEOUT' })
  })
})

it('the only configured provider is needed, whatever the last sweep of another configuration found active', async () => {
  const { captchaaiApi } = await checksOf(reading(recordOf({ activeProvider: 'twocaptcha' })))
  expect(captchaaiApi?.criticality).toBe('hard')
})

describe('a deep run', () => {
  const down: DeepCheck = { status: 'down', criticality: 'hard', responseMs: 31, error: 'TIMEOUT', reason: 'Late.' }
  const run = (checks: DeepRun['checks']): ServedOptions => ({
    lastRun: async () => ({ id: 'run', ranAt: NOON - 2000, ranBy: 'a person', paid: false, checks }),
  })

  it('that found a provider down is believed, also while the verdict says something less of it', async () => {
    const record = recordOf({ warnings: ['provider_slow=captchaai'] })
    const { captchaaiApi } = await checksOf(reading(record), run({ captchaaiApi: down }))
    expect(captchaaiApi).toMatchObject({ status: 'down', error: 'TIMEOUT', reason: 'Late.', evidence: 'deep' })
  })

  it('says nothing of a dependency that it did not have', async () => {
    const checks = await checksOf(reading(recordOf()), { ...run({ captchaaiApi: down }), backup: true })
    expect(checks).toMatchObject({
      captchaaiApi: { evidence: 'deep' },
      twocaptchaApi: { status: 'unknown', error: 'no_fresh_evidence', evidence: null },
      taskQueue: { status: 'ok', evidence: 'probe' },
      secret: { status: 'ok', evidence: 'probe' },
    })
  })
})
