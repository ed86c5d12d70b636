import { describe, expect, it } from 'vitest'
import type { DeepRunStore, Provider } from '../../../functions/core/ports.ts'
import type { DeepRun } from '../../../functions/core/record/deep-run.ts'
import type { ReadinessRecord, RecordReading } from '../../../functions/core/record/record.ts'
import { type Deep, type DeepOutcome, makeDeep } from '../../../functions/health/deep/deep.ts'
import { makeLastRun } from '../../../functions/health/deep/last-run.ts'
import type { Reached } from '../../../functions/health/deep/probes.ts'
import { memoryClock, NOON } from '../../../sim/memory/clock.ts'
import { memoryDeepRunStore } from '../../../sim/memory/deep-run-store.ts'
import { memoryIds } from '../../../sim/memory/ids.ts'
import { memoryLog } from '../../../sim/memory/log.ts'
import { memoryProvider, type ScriptedAnswers } from '../../../sim/memory/provider.ts'
import { memoryRecordStore } from '../../../sim/memory/record-store.ts'
import { deepCheck, deepRun } from '../../build/deep-run.ts'
import { healthSettings, recordOf } from '../../build/record.ts'
import { healthSeeing, STATES } from '../served-views.ts'

const read = (record: ReadinessRecord): RecordReading => ({ kind: 'record', record, readAt: NOON })

/** A POST to the deep view of a fleet with these providers, and what it did. */
async function posted({
  providers = ['captchaai', 'twocaptcha'],
  configured = providers,
  script = {},
  reading = read(recordOf()),
  store = memoryDeepRunStore(),
  changes = {},
  body = '',
}: {
  providers?: readonly string[]
  configured?: readonly string[]
  script?: ScriptedAnswers
  reading?: RecordReading
  store?: DeepRunStore
  changes?: Partial<Reached>
  body?: string
} = {}) {
  const clock = memoryClock()
  const accounts = providers.map((name) =>
    memoryProvider(clock.now, script, { name, billing: name === 'captchaai' ? 'threads' : 'balance' }),
  )
  const { log, lines } = memoryLog()
  const loadReached = async (): Promise<Reached> => ({
    accounts: accounts satisfies Provider[],
    depths: { read: async () => ({ visible: 0, hidden: 0, delayed: 0 }) },
    record: memoryRecordStore(recordOf()),
    secret: { read: async () => Object.fromEntries(configured.map((name) => [name, 'k'])) },
    ...changes,
  })
  const self = { settings: healthSettings(), providers: configured, version: '1.2.3', uptimeMs: () => 1 }
  const ids = memoryIds(1)
  const ports = { loadRuns: async () => store, loadReached, clock, ticks: clock.now, ids, log, leaseMs: 30_000 }
  const ended = makeDeep(ports, self)({ method: 'POST', path: '/', headers: {}, body, caller: 'a person' }, reading)
  await clock.advance(0)
  await clock.advance(26_000)
  const outcome = await ended
  const checks = outcome.kind === 'run' ? (outcome.run?.checks ?? {}) : {}
  return { outcome, checks, lines, accounts }
}

describe('the log of a deep run', () => {
  it('says who ran it, whether it was paid, and what every probe found', async () => {
    const { lines } = await posted()
    const checks = 'captchaaiApi=ok twocaptchaApi=ok table=ok taskQueue=ok secret=ok sweep=ok'
    expect(lines).toEqual([{ level: 'info', message: 'deep run', fields: { ranBy: 'a person', paid: false, checks } }])
  })

  it.each([
    ['could not begin', 'begin', ['no deep run could begin']],
    ['could not be kept', 'finish', ['deep run', 'the deep run is not kept']],
  ] as const)('warns with the name of the error where it %s', async (_, broken, messages) => {
    const store = { ...memoryDeepRunStore(), [broken]: () => Promise.reject(new TypeError('arn:aws')) }
    const { lines } = await posted({ store })
    expect(lines.map(({ message }) => message)).toEqual(messages)
    expect(lines.at(-1)).toMatchObject({ level: 'warn', fields: { error: 'TypeError' } })
  })

  it('warns where it took longer than its lease and another one may have begun', async () => {
    const { lines } = await posted({ store: { ...memoryDeepRunStore(), finish: async () => false } })
    expect(lines.slice(1)).toEqual([
      { level: 'warn', message: 'the deep run took longer than its lease and is not kept', fields: {} },
    ])
  })
})

describe('a probe says in a sentence what is wrong', () => {
  const poor: ScriptedAnswers = { balance: () => ({ kind: 'balance', value: 0, ms: 3 }) }
  const slow: ScriptedAnswers = { submit: () => ({ kind: 'accept', afterSeconds: 900 }) }
  const planless: ScriptedAnswers = { threads: () => ({ kind: 'threads', total: 0, free: 0 }) }
  const down: Partial<Reached> = { record: { read: () => Promise.reject(new TypeError('arn:aws')) } }
  const keyless: Partial<Reached> = { secret: { read: async () => ({ healthToken: 't' }) } }

  it.each([
    [
      'twocaptchaApi',
      { script: poor, providers: ['twocaptcha'] },
      'degraded',
      'low_balance',
      'The balance is below minBalance.',
    ],
    ['captchaaiApi', { script: planless }, 'down', 'no_threads', 'The plan has no threads.'],
    ['table', { changes: down }, 'down', 'TypeError', 'It cannot be reached, or it refused the call.'],
    ['secret', { changes: keyless }, 'down', 'KEY_MISSING', 'It holds no API key for captchaai and twocaptcha.'],
    [
      'sweep',
      { reading: STATES.stale.reading },
      'down',
      'stale_evidence',
      'No sweep has written a readable record for three periods.',
    ],
    [
      'paidTask',
      { body: '{"paid":true}', reading: read(recordOf({ issues: ['spend_limit=day'] })) },
      'unknown',
      'spend_limit',
      'The spend limit is reached; none was sent.',
    ],
    ['paidTask', { body: '{"paid":true}', providers: [] }, 'unknown', 'no_provider', 'No provider is configured.'],
    [
      'paidTask',
      { body: '{"paid":true}', script: slow },
      'degraded',
      'not_solved',
      'It was accepted and not solved within 20 s.',
    ],
  ] as const)('%s, case %#', async (name, world, status, error, reason) => {
    const { checks } = await posted(world)
    expect(checks[name]).toMatchObject({ status, error, reason, criticality: 'hard' })
  })

  it('every probe but that of a provider without work is hard', async () => {
    const { checks } = await posted({ body: '{"paid":true}' })
    const soft = Object.entries(checks).filter(([, { criticality }]) => criticality !== 'hard')
    expect(soft.map(([name, { criticality }]) => [name, criticality])).toEqual([['twocaptchaApi', 'soft']])
  })
})

describe('what a probe asks for', () => {
  it('is the depth of the task queue, and no other queue', async () => {
    const asked: string[] = []
    const depths: Reached['depths'] = {
      read: async (queue) => {
        asked.push(queue)
        return { visible: 0, hidden: 0, delayed: 0 }
      },
    }
    await posted({ changes: { depths } })
    expect(asked).toEqual(['tasks'])
  })

  it('is one task whose id names the run', async () => {
    const { accounts, outcome } = await posted({ body: '{"paid":true}' })
    const run = outcome.kind === 'run' ? outcome.run : null
    expect(accounts.flatMap(({ submits }) => submits.map(({ taskId }) => taskId))).toEqual([`deep-${run?.id}`])
  })

  it.each([
    ['the provider of the last known record, while the table does not answer', 'twocaptcha', [0, 1]],
    ['the first one, while no record is known', null, [1, 0]],
  ] as const)('is a paid task of %s', async (_, active, submits) => {
    const last = active === null ? null : recordOf({ activeProvider: active })
    const reading: RecordReading = { kind: 'unreachable', failingSince: NOON, last, readAt: NOON }
    const { accounts, checks } = await posted({ body: '{"paid":true}', reading })
    expect(accounts.map((account) => account.submits.length)).toEqual(submits)
    expect(checks.paidTask?.status).toBe('ok')
    const soft = active === null ? [] : ['captchaaiApi']
    expect(Object.keys(checks).filter((name) => checks[name]?.criticality === 'soft')).toEqual(soft)
  })

  it('is a paid task of the first provider, while there is no record', async () => {
    const { accounts } = await posted({ body: '{"paid":true}', reading: STATES.missing.reading })
    expect(accounts.map(({ submits }) => submits.length)).toEqual([1, 0])
  })
})

describe('the report of the last run', () => {
  const shown = async (outcome: DeepOutcome, accept: string, fraction = 0.5) => {
    const deep: Deep = async () => outcome
    return healthSeeing(read(recordOf()), { deep, fraction })('/health/deep', { headers: { accept } })
  }
  const ran = (run: DeepRun | null): DeepOutcome => ({ kind: 'run', run })

  it.each([
    ['it cannot be read', { kind: 'unreachable' } as const, 503, '[-]deep unknown: the last run cannot be read\n'],
    ['none was ever made', ran(null), 503, '[-]deep unknown: never run\n'],
    ['it is old', ran(deepRun({ ranAt: NOON - 3_601_000, checks: {} })), 503, '[-]deep unknown: the last run is old\n'],
    ['it found nothing wrong', ran(deepRun({ checks: {} })), 200, '[+]deep ok\n'],
  ])('says in text that %s', async (_, outcome, code, text) => {
    const { status, body } = await shown(outcome, 'text/plain')
    expect([status, body]).toEqual([code, text])
  })

  it('says in health+json: pass, warn for a provider without work that is down, fail for all that is needed', async () => {
    const backup = deepCheck({ status: 'down', criticality: 'soft', error: 'TIMEOUT' })
    const good = await shown(ran(deepRun({ checks: { table: deepCheck(), backup } })), 'application/health+json')
    expect(good.json).toMatchObject({
      status: 'pass',
      checks: {
        deep: [{ status: 'pass' }],
        'table:responseTime': [{ status: 'pass', observedValue: 12, time: '2026-11-21T11:59:00.000Z' }],
        'backup:responseTime': [{ status: 'warn', output: 'down: TIMEOUT' }],
      },
    })
    const bad = await shown(
      ran(deepRun({ checks: { table: deepCheck({ status: 'down' }) } })),
      'application/health+json',
    )
    expect(bad.json).toMatchObject({
      status: 'fail',
      checks: { deep: [{ status: 'fail' }], 'table:responseTime': [{ status: 'fail', output: 'down' }] },
    })
  })

  it.each([
    [28_000, '28'],
    [-3_000, '5'],
  ])('of a run that holds its lease for %i ms more says when to come back', async (left, seconds) => {
    const { status, headers } = await shown({ kind: 'running', until: NOON + left }, '*/*')
    expect([status, headers['Retry-After']]).toEqual([409, seconds])
  })
})

describe('the last run beside other views', () => {
  const times = () => {
    const clock = memoryClock()
    return { clock, ticks: clock.now }
  }

  it('is the run that was read, none where there is none, and none where it cannot be read', async () => {
    expect(await makeLastRun(async () => deepRun(), times()).shownRun()).toEqual(deepRun())
    expect(await makeLastRun(async () => null, times()).shownRun()).toBeNull()
    expect(await makeLastRun(() => Promise.reject(new Error('down')), times()).shownRun()).toBeNull()
  })

  it('is waited for 800 ms and no longer, and read again after a second', async () => {
    const { clock, ticks } = times()
    let reads = 0
    const late = makeLastRun(
      async () => {
        reads += 1
        await clock.sleep(801)
        return deepRun()
      },
      { clock, ticks },
    )
    const first = late.shownRun()
    await clock.advance(800)
    expect(await first).toBeNull()
    await clock.advance(999)
    await late.shownRun()
    expect(reads).toBe(1)
    void late.shownRun()
    await clock.advance(1)
    void late.shownRun()
    expect(reads).toBe(2)
  })
})
