import { describe, expect, it } from 'vitest'
import type { RecordReading } from '../../../functions/core/record/record.ts'
import { probeAccount } from '../../../functions/health/deep/account-probe.ts'
import { probePaidTask } from '../../../functions/health/deep/paid-probe.ts'
import { type Found, runProbes } from '../../../functions/health/deep/probe.ts'
import { freeProbes, paidProbe, type Reached } from '../../../functions/health/deep/probes.ts'
import { testTask } from '../../../functions/health/deep/test-task.ts'
import { isBase64 } from '../../../functions/messages/field-rules.ts'
import { memoryClock, NOON } from '../../../sim/memory/clock.ts'
import { memoryProvider, type ScriptedAnswers } from '../../../sim/memory/provider.ts'
import { memoryRecordStore } from '../../../sim/memory/record-store.ts'
import { healthSettings, recordOf } from '../../build/record.ts'
import { STATES } from '../served-views.ts'

const clock = () => memoryClock(NOON, { skip: true })
const refusal = (kind: 'auth' | 'rate' | 'transient' | 'funds', code: string) => ({
  kind: 'failed' as const,
  failure: { class: kind, code, message: `It answered ${code}.` },
  ms: 3,
})
const ready: RecordReading = { kind: 'record', record: recordOf(), readAt: NOON }
const self = (providers: string[]) => ({
  settings: healthSettings(),
  providers,
  version: '1',
  uptimeMs: () => 1,
})
const reached = (
  scripts: Record<string, ScriptedAnswers> = { captchaai: {} },
  changes: Partial<Reached> = {},
): Reached => ({
  accounts: Object.entries(scripts).map(([name, script]) => memoryProvider(() => NOON, script, { name })),
  depths: { read: async () => ({ visible: 1, hidden: 0, delayed: 0 }) },
  record: memoryRecordStore(recordOf()),
  secret: { read: async () => ({ captchaai: 'k', twocaptcha: 'k', healthToken: 't' }) },
  ...changes,
})
const checksOf = async (world: Reached, reading: RecordReading = ready) => {
  const time = memoryClock()
  const facts = self(world.accounts.map(({ name }) => name))
  return runProbes(freeProbes(world, reading, facts, time.now), { clock: time, ticks: time.now })
}
const statesOf = (checks: Awaited<ReturnType<typeof checksOf>>) =>
  Object.fromEntries(Object.entries(checks).map(([name, { status, error }]) => [name, error ?? status]))

describe('the free probes', () => {
  it('call every dependency', async () => {
    expect(statesOf(await checksOf(reached({ captchaai: {}, twocaptcha: {} })))).toEqual({
      captchaaiApi: 'ok',
      twocaptchaApi: 'ok',
      table: 'ok',
      taskQueue: 'ok',
      secret: 'ok',
      sweep: 'ok',
    })
  })

  it('never submit', async () => {
    const world = reached({ captchaai: {}, twocaptcha: {} })
    await checksOf(world)
    for (const account of world.accounts) expect(account).toMatchObject({ submits: [] })
  })

  it('name what cannot be reached, each alone', async () => {
    const fails = async (): Promise<never> => {
      throw new Error('down')
    }
    expect(statesOf(await checksOf(reached(undefined, { depths: { read: fails } })))).toMatchObject({
      taskQueue: 'Error',
      table: 'ok',
    })
    expect(statesOf(await checksOf(reached(undefined, { record: { read: fails } })))).toMatchObject({
      taskQueue: 'ok',
      table: 'Error',
      secret: 'ok',
    })
    expect(statesOf(await checksOf(reached(undefined, { secret: { read: fails } })))).toMatchObject({
      secret: 'Error',
      captchaaiApi: 'ok',
    })
  })

  it.each([[{}], [{ captchaai: '' }], [{ healthToken: 't', constructor: 'k' }]])(
    'a secret without the key of a provider is down: %j',
    async (entries) => {
      const { secret } = await checksOf(reached(undefined, { secret: { read: async () => entries } }))
      expect(secret).toMatchObject({
        status: 'down',
        error: 'KEY_MISSING',
        reason: 'It holds no API key for captchaai.',
      })
    },
  )

  it('judge the sweep by the age of its record', async () => {
    expect(statesOf(await checksOf(reached(), STATES.stale.reading)).sweep).toBe('stale_evidence')
    expect(statesOf(await checksOf(reached(), STATES.missing.reading)).sweep).toBe('record_unreadable')
    expect(statesOf(await checksOf(reached(), STATES['not ready'].reading)).sweep).toBe('ok')
  })

  it('hold the provider that gets no work for soft', async () => {
    const { captchaaiApi, twocaptchaApi } = await checksOf(reached({ captchaai: {}, twocaptcha: {} }))
    expect([captchaaiApi?.criticality, twocaptchaApi?.criticality]).toEqual(['hard', 'soft'])
  })
})

describe('the probe of an account', () => {
  const probed = (
    script: ScriptedAnswers,
    billing: 'balance' | 'threads' = 'threads',
    minBalance: number | null = null,
  ) =>
    probeAccount(
      memoryProvider(() => NOON, script, { billing }),
      minBalance,
    )

  const cases: [string, ScriptedAnswers, Partial<Found>][] = [
    ['answers', {}, { status: 'ok' }],
    ['refuses the key', { balance: () => refusal('auth', 'ERROR_X') }, { status: 'down', error: 'ERROR_X' }],
    ['does not answer', { balance: () => refusal('transient', 'TIMEOUT') }, { status: 'down', error: 'TIMEOUT' }],
    ['asks to wait', { balance: () => refusal('rate', 'HTTP_429') }, { status: 'degraded', error: 'HTTP_429' }],
    ['tells no threads', { threads: () => refusal('transient', 'CUT') }, { status: 'degraded', error: 'CUT' }],
    [
      'has a plan without threads',
      { threads: () => ({ kind: 'threads', total: 0, free: 0 }) },
      { status: 'down', error: 'no_threads' },
    ],
  ]
  it.each(cases)('that %s', async (_, script, found) => {
    const answer = await probed(script)
    expect(answer).toMatchObject(found)
    expect(answer.reason === undefined).toBe(found.status === 'ok')
  })

  it('warns of a balance that is too low, where tasks are paid from it or where a person has set the least', async () => {
    const poor: ScriptedAnswers = { balance: () => ({ kind: 'balance', value: 0.5, ms: 3 }) }
    expect(await probed(poor, 'balance')).toMatchObject({ status: 'degraded', error: 'low_balance' })
    expect(await probed(poor, 'threads')).toEqual({ status: 'ok' })
    expect(await probed(poor, 'threads', 1)).toMatchObject({ status: 'degraded', error: 'low_balance' })
  })
})

describe('the paid probe', () => {
  const probed = async (script: ScriptedAnswers, seconds = 20) => {
    const time = clock()
    const provider = memoryProvider(time.now, script)
    const found = await probePaidTask(provider, testTask('deep-1'), { clock: time, seconds })
    return { found, provider, took: (time.now() - NOON) / 1000 }
  }

  it('submits exactly one task and asks until it is solved', async () => {
    const { found, provider, took } = await probed({ submit: () => ({ kind: 'accept', afterSeconds: 8 }) })
    expect(found).toEqual({ status: 'ok' })
    expect(provider.submits).toHaveLength(1)
    expect(took).toBe(10)
  })

  it.each([
    ['refused', { kind: 'refused', failure: { class: 'auth', code: 'ERROR_X', message: 'no' } }, 'ERROR_X', 0],
    ['lost', { kind: 'lose' }, 'TIMEOUT', 0],
    ['charged and lost', { kind: 'loseCharged' }, 'TIMEOUT', 1],
    ['answered with an HTTP error', { kind: 'httpErrorCharged' }, 'HTTP_502', 1],
  ] as const)('submits exactly once also where the submit is %s', async (_, fate, error, charges) => {
    const { found, provider } = await probed({ submit: () => fate })
    expect(found).toMatchObject({ status: 'down', error })
    expect(provider.submits).toHaveLength(1)
    expect(provider.ledger).toHaveLength(charges)
  })

  it('is degraded where the task is accepted and not solved in time, and never asks past its time', async () => {
    const { found, provider, took } = await probed({ submit: () => ({ kind: 'accept', afterSeconds: 900 }) })
    expect(found).toMatchObject({ status: 'degraded', error: 'not_solved' })
    expect(provider.polls).toHaveLength(3)
    expect(took).toBeLessThanOrEqual(20)
  })

  it('asks again after an answer that says nothing about the task, and ends with one that does', async () => {
    const failure = (kind: 'transient' | 'unsolvable', code: string) =>
      ({ kind: 'failed', failure: { class: kind, code, message: 'x' } }) as const
    const flaky = await probed({ result: (_id, _charge, n) => (n === 0 ? failure('transient', 'HTTP_502') : null) })
    expect(flaky.found).toEqual({ status: 'ok' })
    const hard = await probed({ result: () => failure('unsolvable', 'ERROR_CAPTCHA_UNSOLVABLE') })
    expect(hard.found).toMatchObject({ status: 'down', error: 'ERROR_CAPTCHA_UNSOLVABLE' })
    expect(hard.provider.polls).toHaveLength(1)
  })

  const paid = async (
    record = recordOf(),
    scripts: Record<string, ScriptedAnswers> = { captchaai: {}, twocaptcha: {} },
  ) => {
    const time = clock()
    const accounts = Object.entries(scripts).map(([name, script]) => memoryProvider(time.now, script, { name }))
    const probe = paidProbe(reached(undefined, { accounts }), { kind: 'record', record, readAt: NOON }, 'r', time)
    return { probe, found: await probe.run(), submits: accounts.map(({ submits }) => submits.length) }
  }

  it('asks the provider that gets the work now, and the first one while none does', async () => {
    expect((await paid(recordOf({ activeProvider: 'twocaptcha' }))).submits).toEqual([0, 1])
    expect((await paid(recordOf({ activeProvider: null }))).submits).toEqual([1, 0])
  })

  it('submits nothing while a spend limit is reached', async () => {
    const { found, submits } = await paid(recordOf({ status: 'not_ready', issues: ['spend_limit=hour'] }))
    expect(found).toMatchObject({ status: 'unknown', error: 'spend_limit' })
    expect(submits).toEqual([0, 0])
  })

  it('ends before the function does', async () => {
    expect((await paid()).probe.limitMs).toBeLessThan(30_000)
  })

  it('is a picture that a provider can read: base64 of a PNG of at least 100 bytes', () => {
    const { params, method } = testTask('x')
    const body = String(params.body)
    expect(method).toBe('base64')
    expect(isBase64(body)).toBe(true)
    const bytes = Buffer.from(body, 'base64')
    expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
    expect(bytes.length).toBeGreaterThan(100)
  })
})
