import { expect, it } from 'vitest'
import type { DeepRunStore, Provider } from '../../../functions/core/ports.ts'
import { methodOf } from '../../../functions/core/provider/methods.ts'
import type { DeepRun } from '../../../functions/core/record/deep-run.ts'
import type { RecordReading } from '../../../functions/core/record/record.ts'
import { makeDeep } from '../../../functions/health/deep/deep.ts'
import { probePaidTask } from '../../../functions/health/deep/paid-probe.ts'
import { runProbes } from '../../../functions/health/deep/probe.ts'
import { memoryClock, NOON } from '../../../sim/memory/clock.ts'
import { memoryLog } from '../../../sim/memory/log.ts'
import { memoryProvider } from '../../../sim/memory/provider.ts'
import { deepRun } from '../../build/deep-run.ts'
import { healthSettings, recordOf } from '../../build/record.ts'

const reading: RecordReading = { kind: 'record', record: recordOf(), readAt: NOON }

/** A deep view whose every call takes a time of its own, and which tells each call with the milliseconds since noon. */
function deepView(stored: Partial<DeepRunStore> = {}) {
  const clock = memoryClock()
  const calls: string[] = []
  const took = async <T>(what: string, milliseconds: number, answer: () => T | Promise<T>): Promise<T> => {
    calls.push(`${clock.now() - NOON} ${what}`)
    await clock.sleep(milliseconds)
    return answer()
  }
  let ids = 0
  const kept: DeepRun[] = []
  const store: DeepRunStore = {
    read: () => took('read', 30, () => kept.at(-1) ?? deepRun()),
    begin: (id, now, until) => took(`begin ${id} from ${now - NOON} to ${until - NOON}`, 70, () => ({ kind: 'begun' })),
    finish: (run) =>
      took('finish', 110, () => {
        kept.push(run)
        return true
      }),
    ...stored,
  }
  const account = memoryProvider(clock.now, {}, { name: 'captchaai', billing: 'threads' })
  const { log, lines } = memoryLog()
  const self = { settings: healthSettings(), providers: ['captchaai'], version: '1.2.3', uptimeMs: () => 1 }
  const deep = makeDeep(
    {
      loadRuns: () => took('load the runs', 13, () => store),
      loadReached: () =>
        took('load the rest', 17, () => ({
          accounts: [account],
          depths: { read: () => took('tasks', 200, () => ({ visible: 0, hidden: 0, delayed: 0 })) },
          record: { read: () => took('table', 300, () => ({ record: recordOf() })) },
          secret: { read: () => took('secret', 250, () => ({ captchaai: 'k' })) },
        })),
      ids: {
        secret: () => {
          ids += 1
          return `run-${ids}`
        },
      },
      ...{ clock, ticks: () => clock.now() / 1, log, leaseMs: 30_000 },
    },
    self,
  )
  /** What was answered, and when. */
  const ask = (method: string, body = '') => {
    const got: { outcome?: Awaited<ReturnType<typeof deep>>; at?: number } = {}
    void deep({ method, path: '/health/deep', headers: {}, body, caller: 'a person' }, reading).then((outcome) => {
      got.outcome = outcome
      got.at = clock.now() - NOON
    })
    return got
  }
  const pass = async (milliseconds: number) => {
    await clock.advance(0)
    for (let passed = 0; passed < milliseconds; passed += 1) await clock.advance(1)
  }
  return { ask, pass, calls, kept, lines, ids: () => ids }
}

it('a run begins when everything is loaded, ends when the slowest probe has, is kept before it is told, and is what is read next', async () => {
  const { ask, pass, calls, kept, lines } = deepView()
  const run = ask('POST', '{"paid":false}')
  await pass(600)
  expect(calls).toEqual([
    '0 load the rest',
    '17 load the runs',
    '30 begin run-1 from 30 to 30030',
    ...['100 table', '100 tasks', '100 secret'],
    '400 finish',
  ])
  const check = (responseMs: number) => ({ criticality: 'hard', responseMs, status: 'ok' })
  const expected = {
    ...{ id: 'run-1', ranAt: NOON + 400, ranBy: 'a person', paid: false },
    checks: {
      ...{ captchaaiApi: check(0), table: check(300), taskQueue: check(200), secret: check(250), sweep: check(0) },
    },
  }
  expect([run, kept]).toEqual([{ outcome: { kind: 'run', run: expected }, at: 510 }, [expected]])
  calls.splice(0)
  const shown = ask('GET')
  await pass(100)
  expect([calls.splice(0), shown]).toEqual([['600 read'], { outcome: { kind: 'run', run: expected }, at: 630 }])
  const again = ask('POST')
  await pass(600)
  // The runs are loaded once, and the rest anew for each run.
  expect(calls.slice(0, 2)).toEqual(['700 load the rest', '717 begin run-2 from 717 to 30717'])
  expect(again.outcome).toMatchObject({ run: { id: 'run-2', ranAt: NOON + 1087 } })
  expect(lines.map(({ fields }) => fields.ranBy)).toEqual(['a person', 'a person'])
})

it('a body that asks for something else begins nothing, and no id is made for it', async () => {
  const { ask, pass, calls, ids } = deepView()
  const refused = ask('POST', '{"paid":"yes"}')
  await pass(1)
  expect([refused.outcome, calls, ids()]).toEqual([{ kind: 'badRequest' }, [], 0])
})

it('while a run of somebody else goes on nothing is probed, and it is told until when', async () => {
  const until = NOON + 9_000
  const { ask, pass, calls } = deepView({ begin: async () => ({ kind: 'running', until }) })
  const refused = ask('POST')
  await pass(40)
  expect([refused, calls]).toEqual([
    { outcome: { kind: 'running', until }, at: 30 },
    ['0 load the rest', '17 load the runs'],
  ])
})

it('a last run that the table does not tell within 800 ms is not waited for', async () => {
  const { ask, pass } = deepView({ read: () => new Promise(() => {}) })
  const shown = ask('GET')
  await pass(799)
  expect(shown).toEqual({})
  await pass(1)
  expect(shown).toEqual({ outcome: { kind: 'unreachable' }, at: 800 })
})

it('a probe is told with its whole milliseconds, to the nearest one, and with those that it passed where it hangs', async () => {
  const clock = memoryClock()
  const probe = (name: string, ms: number) => ({
    ...{ name, criticality: 'soft' as const, limitMs: 5_000 },
    run: async () => {
      await clock.sleep(ms)
      return { status: 'ok' as const }
    },
  })
  const checks = runProbes([probe('short', 12.4), probe('longer', 12.5), probe('hangs', 9_000)], {
    clock,
    ticks: clock.now,
  })
  await clock.advance(5_000)
  expect(await checks).toEqual({
    short: { criticality: 'soft', responseMs: 12, status: 'ok' },
    longer: { criticality: 'soft', responseMs: 13, status: 'ok' },
    hangs: {
      ...{ criticality: 'soft', responseMs: 5_000, status: 'down', error: 'TIMEOUT' },
      reason: 'It did not answer within 5 s.',
    },
  })
})

it('a paid task is asked for at its own pace until its seconds are over, counted from before it was submitted', async () => {
  const clock = memoryClock()
  const calls: string[] = []
  const told = (what: string) => void calls.push(`${(clock.now() - NOON) / 1000} ${what}`)
  const failure = { class: 'transient' as const, code: 'HTTP_502', message: 'busy' }
  const provider: Pick<Provider, 'submit' | 'result'> = {
    submit: async () => {
      told('submit')
      await clock.sleep(3_000)
      return { kind: 'accepted', captchaId: 'c-7' }
    },
    result: async (captchaId) => {
      told(`result of ${captchaId}`)
      await clock.sleep(500)
      return calls.length === 2 ? { kind: 'failed', failure } : { kind: 'pending' }
    },
  }
  const task = {
    taskId: 't',
    method: 'userrecaptcha',
    params: {},
    priority: 'normal',
    deadlineSeconds: 60,
    reply: 'queue',
  } as const
  const probed = probePaidTask(provider, task, { clock, seconds: 40 })
  for (let seconds = 0; seconds < 90; seconds += 1) {
    await clock.advance(500)
  }
  expect(await probed).toEqual({
    ...{ status: 'degraded', error: 'not_solved', reason: 'It was accepted and not solved within 40 s.' },
  })
  const { firstPollSeconds, pollSeconds } = methodOf('userrecaptcha')
  const polls: string[] = []
  for (let at = 3 + firstPollSeconds; at < 40; at += pollSeconds + 0.5) polls.push(`${at} result of c-7`)
  expect(calls).toEqual(['0 submit', ...polls])
  expect(polls.length).toBeGreaterThan(1)
})
