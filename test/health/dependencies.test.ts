import { describe, expect, it } from 'vitest'
import type { ProviderFacts } from '../../functions/core/evidence/provider-facts.ts'
import { type AccountAnswer, EMPTY_SUMMARY } from '../../functions/core/outcome/summary.ts'
import type { DeepCheck, DeepRun } from '../../functions/core/record/deep-run.ts'
import type { ReadinessRecord, RecordReading } from '../../functions/core/record/record.ts'
import type { Check } from '../../functions/health/checks/check.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { recordOf, SWEPT_AT, sweptProvider } from '../build/record.ts'
import { healthSeeing, type ServedOptions, STATES } from './served-views.ts'

const reading = (record: ReadinessRecord): RecordReading => ({ kind: 'record', record, readAt: NOON })
const seen = async (from: RecordReading, options?: ServedOptions) => {
  const answer = await healthSeeing(from, options)('/health/dependencies')
  return { ...answer, checks: answer.json.checks as Record<string, Check> }
}
const twoProviders = (activeProvider: string | null, second: Partial<ProviderFacts> = {}) =>
  recordOf({
    activeProvider,
    evidence: { activeProvider, providers: [sweptProvider(), sweptProvider({ name: 'twocaptcha', ...second })] },
  })

describe('the dependencies view', () => {
  it('lists every dependency of a healthy fleet', async () => {
    const by = { ageSeconds: 7, evidence: 'probe' }
    const swept = { status: 'ok', responseMs: null, checkedAt: '2026-11-21T11:59:53.000Z', criticality: 'hard', ...by }
    const traffic = { evidence: 'traffic' }
    const { status, json } = await seen(reading(recordOf()))
    expect(status).toBe(200)
    expect(json).toEqual({
      status: 'ok',
      checks: {
        captchaaiApi: { ...swept, responseMs: 84 },
        table: { ...swept, ...traffic, responseMs: 3, checkedAt: '2026-11-21T12:00:00.000Z', ageSeconds: 0 },
        taskQueue: swept,
        secret: swept,
        sweep: { ...swept, ...traffic },
      },
    })
  })

  it('every name that it lists answers by itself, with that one check', async () => {
    const get = healthSeeing(reading(twoProviders('captchaai')), { backup: true })
    const { json } = await get('/health/dependencies')
    const checks = Object.entries(json.checks as Record<string, Check>)
    expect(checks.map(([name]) => name)).toEqual([
      'captchaaiApi',
      'twocaptchaApi',
      'table',
      'taskQueue',
      'secret',
      'sweep',
    ])
    for (const [name, check] of checks) expect((await get(`/health/dependencies/${name}`)).json).toEqual(check)
  })

  it.each([
    ['usable', {}, 'ok', undefined],
    ['one call lost', { lostCalls: 1, error: { class: 'transient', code: 'TIMEOUT' } }, 'degraded', 'TIMEOUT'],
    [
      'given up',
      { lostCalls: 3, unusableSince: SWEPT_AT, error: { class: 'transient', code: 'REFUSED' } },
      'down',
      'REFUSED',
    ],
    [
      'key refused',
      { keyRefused: true, error: { class: 'auth', code: 'ERROR_WRONG_USER_KEY' } },
      'down',
      'ERROR_WRONG_USER_KEY',
    ],
    ['never asked', { checkedAt: null, responseMs: null }, 'unknown', 'never_checked'],
  ] as const)('a provider that is %s', async (_, facts, status, error) => {
    const answer = await seen(reading(recordOf({ evidence: { providers: [sweptProvider(facts)] } })))
    expect(answer.checks.captchaaiApi).toMatchObject({ status, criticality: 'hard' })
    expect(answer.checks.captchaaiApi?.error).toBe(error)
    expect(answer.status).toBe(status === 'ok' ? 200 : 503)
    expect(answer.json.status).toBe(status === 'ok' ? 'ok' : 'degraded')
  })

  it.each([
    ['circuit_open=captchaai', 'down'],
    ['api_key_refused=captchaai', 'down'],
    ['no_threads=captchaai', 'down'],
    ['provider_slow=captchaai', 'degraded'],
    ['provider_slow=twocaptcha', 'ok'],
  ])('says of a provider what the verdict says: %s', async (issue, status) => {
    for (const said of [{ issues: [issue] }, { warnings: [issue] }]) {
      expect((await seen(reading(recordOf(said)))).checks.captchaaiApi?.status).toBe(status)
    }
  })

  it('the active provider is hard, the other one soft', async () => {
    const down = { unusableSince: SWEPT_AT, error: { class: 'transient', code: 'TIMEOUT' } } as const
    const idleBackup = await seen(reading(twoProviders('captchaai', down)), { backup: true })
    expect(idleBackup.status).toBe(200)
    expect(idleBackup.json.status).toBe('ok')
    expect(idleBackup.checks.twocaptchaApi).toMatchObject({ status: 'down', criticality: 'soft', error: 'TIMEOUT' })
    const get = healthSeeing(reading(twoProviders('captchaai', down)), { backup: true })
    expect((await get('/health/dependencies/twocaptchaApi')).status).toBe(200)

    const active = await seen(reading(twoProviders('twocaptcha', down)), { backup: true })
    expect(active.checks).toMatchObject({
      captchaaiApi: { criticality: 'soft' },
      twocaptchaApi: { criticality: 'hard' },
    })
    expect(active.status).toBe(503)
  })

  it('while no provider is active, each of them is missed', async () => {
    const { checks, status } = await seen(reading(twoProviders(null, { unusableSince: SWEPT_AT })), { backup: true })
    expect(checks).toMatchObject({ captchaaiApi: { criticality: 'hard' }, twocaptchaApi: { criticality: 'hard' } })
    expect(status).toBe(503)
  })

  it('a secret that cannot be read is down', async () => {
    const { checks, status } = await seen(reading(recordOf({ evidence: { secretReadable: false } })))
    expect(checks.secret).toMatchObject({ status: 'down', error: 'secret_unreadable' })
    expect(status).toBe(503)
  })

  it('stale evidence: the sweep is down, what only it knows is unknown, the table is ok', async () => {
    const { checks, status } = await seen(STATES.stale.reading)
    expect(status).toBe(503)
    expect(checks.sweep).toMatchObject({ status: 'down', error: 'stale_evidence' })
    expect(checks.table?.status).toBe('ok')
    for (const name of ['captchaaiApi', 'taskQueue', 'secret']) expect(checks[name]?.status).toBe('unknown')
  })

  it.each(['missing', 'corrupt', 'from the future'] as const)(
    'record %s: nothing is ok but the table',
    async (name) => {
      const { checks, status } = await seen(STATES[name].reading, { backup: true })
      expect(status).toBe(503)
      expect(
        Object.entries(checks)
          .filter(([, check]) => check.status === 'ok')
          .map(([ok]) => ok),
      ).toEqual(['table'])
      expect(Object.keys(checks)).toContain('twocaptchaApi')
    },
  )

  it('a table that does not answer is down from the first failed read', async () => {
    const { checks, status } = await seen(STATES['unreachable for 9 s'].reading)
    expect(status).toBe(503)
    expect(checks.table).toMatchObject({ status: 'down', responseMs: null, error: 'unreachable' })
    expect(checks.sweep?.status).toBe('ok')
  })

  it.each([
    ['captchaaiApi', 'TIMEOUT', 'captchaai did not answer: no full answer came in time.'],
    ['captchaaiApi', 'HTTP_502', 'captchaai answered with HTTP 502.'],
    ['captchaaiApi', 'ERROR_WRONG_USER_KEY', 'captchaai answered ERROR_WRONG_USER_KEY: the API key is malformed.'],
    ['captchaaiApi', 'KEY_MISSING', 'The secret holds no API key for captchaai.'],
  ])('%s says in words what %s means', async (name, code, reason) => {
    const error = { class: 'transient', code } as const
    const { checks } = await seen(reading(recordOf({ evidence: { providers: [sweptProvider({ error })] } })))
    expect(checks[name]).toMatchObject({ error: code, reason })
  })

  it('every check that is not ok has a code and a sentence, and none that is ok has one, whatever the state', async () => {
    const down = sweptProvider({ keyRefused: true, error: { class: 'auth', code: 'ERROR_X' } })
    const states = [
      ...Object.values(STATES).map((state) => state.reading),
      reading(recordOf({ evidence: { providers: [down], secretReadable: false } })),
    ]
    for (const state of states)
      for (const [name, check] of Object.entries((await seen(state, { backup: true })).checks)) {
        const isOk = check.status === 'ok'
        expect([name, check.error === undefined]).toEqual([name, isOk])
        if (!isOk) expect(check.reason).toMatch(/^[A-Za-z][^\n]{10,}\.$/)
      }
  })

  it('a check that fails is an answer and leaves its neighbours alone', async () => {
    const providers = [sweptProvider({ checkedAt: Number.NaN })]
    const { checks, status } = await seen(reading(recordOf({ evidence: { providers } })))
    expect(status).toBe(503)
    expect(checks.captchaaiApi).toMatchObject({ status: 'unknown', error: 'check_failed' })
    expect(checks.table?.status).toBe('ok')
    expect(checks.sweep?.status).toBe('ok')
  })
})

describe('the evidence of a dependency', () => {
  const worked = (at: number, refusal: AccountAnswer['refusal'] = null) => ({
    totals: { ...EMPTY_SUMMARY, lastWorkingSubmitAt: at, accountAnswers: { captchaai: { at, refusal } } },
  })
  const checksAfter = async (evidence: Parameters<typeof recordOf>[0]) =>
    (await seen(reading(recordOf(evidence)))).checks

  it('is traffic first: the last answer to a worker, although the account was asked later', async () => {
    const { captchaaiApi, taskQueue, secret } = await checksAfter({ evidence: worked(NOON - 120_000) })
    const traffic = { evidence: 'traffic', checkedAt: '2026-11-21T11:58:00.000Z', ageSeconds: 120 }
    for (const check of [captchaaiApi, taskQueue, secret]) expect(check).toMatchObject({ status: 'ok', ...traffic })
    expect(captchaaiApi?.responseMs).toBe(84)
  })

  it('is a probe where there was no traffic for as long as evidence may be old', async () => {
    const { captchaaiApi, taskQueue, secret } = await checksAfter({ evidence: worked(NOON - 181_000) })
    const probe = { evidence: 'probe', checkedAt: '2026-11-21T11:59:53.000Z', ageSeconds: 7 }
    for (const check of [captchaaiApi, taskQueue, secret]) expect(check).toMatchObject({ status: 'ok', ...probe })
  })

  it('an account call that failed is outweighed by a submit that was accepted later, and not by an earlier one', async () => {
    const error = { class: 'transient', code: 'TIMEOUT' } as const
    const failed = { providers: [sweptProvider({ error, lostCalls: 1 })] }
    const after = await checksAfter({ evidence: { ...failed, ...worked(SWEPT_AT + 1) } })
    expect(after.captchaaiApi?.status).toBe('ok')
    const before = await checksAfter({ evidence: { ...failed, ...worked(SWEPT_AT - 1) } })
    expect(before.captchaaiApi).toMatchObject({ status: 'degraded', error: 'TIMEOUT' })
    const refused = worked(SWEPT_AT + 1, { class: 'auth', code: 'ERROR_X' })
    expect((await checksAfter({ evidence: { ...failed, ...refused } })).captchaaiApi?.status).toBe('degraded')
  })

  it('ages with the clock and not with the sweep', async () => {
    const { checks } = await seen({ kind: 'unreachable', failingSince: NOON - 9_000, last: recordOf(), readAt: NOON })
    expect(checks.taskQueue?.ageSeconds).toBe(7)
    expect((await seen(STATES.stale.reading)).checks.sweep).toMatchObject({ ageSeconds: 190, status: 'down' })
  })

  it('that never was is null', async () => {
    const { checks } = await seen(STATES.missing.reading)
    for (const name of ['captchaaiApi', 'taskQueue', 'secret', 'sweep'])
      expect(checks[name]).toMatchObject({ checkedAt: null, ageSeconds: null, evidence: null })
  })
})

describe('what the last deep run found', () => {
  const good: DeepCheck = { status: 'ok', criticality: 'hard', responseMs: 31 }
  const bad: DeepCheck = { ...good, status: 'down', error: 'TIMEOUT', reason: 'It did not answer within 5 s.' }
  const ran = (ranAt: number, check: DeepCheck): ServedOptions => {
    const checks = { captchaaiApi: check, taskQueue: check, secret: check, table: check, sweep: check }
    const run: DeepRun = { id: 'run', ranAt, ranBy: 'a person', paid: false, checks }
    return { lastRun: async () => run }
  }
  const ASKED = ['captchaaiApi', 'taskQueue', 'secret'] as const
  const workedAt = (at: number) =>
    recordOf({
      evidence: {
        totals: {
          ...EMPTY_SUMMARY,
          lastWorkingSubmitAt: at,
          accountAnswers: { captchaai: { at, refusal: null } },
        },
      },
    })

  it.each([
    ['good', good, 200],
    ['bad', bad, 503],
  ])('and was later than sweep and traffic is the evidence, with its age and source: %s', async (_, check, code) => {
    const { checks, status } = await seen(reading(workedAt(SWEPT_AT - 1000)), ran(NOON - 2000, check))
    const evidence = { evidence: 'deep', checkedAt: '2026-11-21T11:59:58.000Z', ageSeconds: 2 }
    for (const name of ASKED) expect(checks[name]).toEqual({ ...check, ...evidence })
    expect(status).toBe(code)
    expect(checks.table).toMatchObject({ status: 'ok', evidence: 'traffic' })
    expect(checks.sweep).toMatchObject({ status: 'ok', evidence: 'traffic' })
  })

  it('says nothing where traffic, or the last sweep, is newer', async () => {
    const before = await seen(reading(workedAt(NOON - 1000)), ran(NOON - 2000, bad))
    for (const name of ASKED) expect(before.checks[name]).toMatchObject({ status: 'ok', evidence: 'traffic' })
    const swept = await seen(reading(recordOf()), ran(SWEPT_AT, bad))
    for (const name of ASKED) expect(swept.checks[name]).toMatchObject({ status: 'ok', evidence: 'probe' })
    expect([before.status, swept.status]).toEqual([200, 200])
  })

  it('does not disprove what the verdict says of a provider, because it sends no task', async () => {
    const record = recordOf({ status: 'not_ready', issues: ['circuit_open=captchaai'] })
    const { checks } = await seen(reading(record), ran(NOON - 2000, good))
    expect(checks.captchaaiApi).toMatchObject({ status: 'down', error: 'circuit_open' })
  })

  it('counts where the sweep stands still, for as long as evidence may be old', async () => {
    const sweptAt = NOON - 190_000
    const stale = reading(recordOf({ sweptAt, evidence: { providers: [sweptProvider({ checkedAt: sweptAt })] } }))
    const { checks } = await seen(stale, ran(NOON - 180_000, good))
    for (const name of ASKED) expect(checks[name]).toMatchObject({ status: 'ok', evidence: 'deep', ageSeconds: 180 })
    const old = await seen(stale, ran(NOON - 181_000, good))
    for (const name of ASKED) expect(old.checks[name]?.status).toBe('unknown')
  })

  it('is read for the views that tell of dependencies, and for no other', async () => {
    let reads = 0
    const lastRun = async () => {
      reads += 1
      return null
    }
    const get = healthSeeing(reading(recordOf()), { lastRun })
    for (const path of ['/health/live', '/health/ready', '/health', '/health/deep', '/badge.svg']) await get(path)
    expect(reads).toBe(0)
    const telling = ['/health/dependencies', '/health/dependencies/table', '/status', '/status.json', '/metrics']
    for (const path of telling) await get(path)
    expect(reads).toBe(telling.length)
  })
})
