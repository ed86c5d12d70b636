import { describe, expect, it } from 'vitest'
import { makeKeys } from '../../functions/adapters/provider/keys.ts'
import { UNSHARED_KEYS } from '../../functions/adapters/provider/unshared-keys.ts'
import type { Clock, Provider } from '../../functions/core/ports.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { makeSweep } from '../../functions/sweep/sweep.ts'
import { memoryDepths } from '../../sim/memory/depths.ts'
import { memoryHistoryStore } from '../../sim/memory/history-store.ts'
import { memoryIntake } from '../../sim/memory/intake.ts'
import { memoryMetricSink } from '../../sim/memory/metric-sink.ts'
import { memoryRecordStore } from '../../sim/memory/record-store.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'
import { recordIn, sweepSettings, sweptFleet } from './swept-fleet.ts'

const KEY = { captchaai: 'good' }
type Secret = () => Record<string, string>

/** The account as one function has it: asked only with a key, which this function looks up and keeps for itself. */
function keyed(account: Provider, clock: Clock, secret: Secret): Provider {
  const keys = makeKeys({
    shared: UNSHARED_KEYS,
    secret: { read: async () => secret() },
    clock,
    log: () => {},
    keyRetrySeconds: 900,
  })
  const ask = <A>(attempt: () => Promise<A>, refuse: Parameters<typeof keys.use<A>>[0]['refuse']): Promise<A> =>
    keys.use<A>({
      ...{ provider: account.name, patienceMs: () => 50, hasTime: () => true, attempt, refuse },
      judge: () => ({ kind: 'good' }),
    })
  return {
    ...account,
    submit: (task) =>
      ask(
        () => account.submit(task),
        (failure) => ({ kind: 'refused', failure }),
      ),
    result: (captchaId) =>
      ask(
        () => account.result(captchaId),
        (failure) => ({ kind: 'failed', failure }),
      ),
    balance: () =>
      ask(
        () => account.balance(),
        (failure) => ({ kind: 'failed', failure, ms: 0 }),
      ),
    threads: () =>
      ask(
        () => account.threads(),
        (failure) => ({ kind: 'failed', failure }),
      ),
  }
}

/** Workers and sweep in virtual time, second by second; a sweep each minute, the first one at second 0. */
function fleetWith(secrets: { workers: Secret; sweep: Secret }) {
  const late: Clock = { now: () => fleet.clock.now(), sleep: (ms) => fleet.clock.sleep(ms) }
  const fleet = smallFleet({ provider: (real) => keyed(real, late, secrets.workers) })
  const sweep = makeSweep(
    {
      outcomes: fleet.outcomes,
      record: memoryRecordStore(),
      history: memoryHistoryStore(),
      depths: memoryDepths(fleet.queues),
      providers: [keyed(fleet.provider, fleet.clock, secrets.sweep)],
      admission: fleet.admission,
      intake: memoryIntake(fleet.clock),
      metrics: memoryMetricSink(),
      clock: fleet.clock,
      log: () => {},
    },
    sweepSettings(),
  )
  const began = fleet.clock.now()
  const swept: ReadinessRecord[] = []
  const second = () => Math.round((fleet.clock.now() - began) / 1000)
  return {
    fleet,
    swept,
    /** The seconds in which a submit was refused, and accepted. */
    seconds: (refused: boolean) =>
      fleet.outcomes
        .all()
        .flatMap(({ accountAnswers }) => Object.values(accountAnswers))
        .filter(({ refusal }) => (refusal !== null) === refused)
        .map(({ at }) => (at - began) / 1000),
    async until(end: number) {
      for (; second() < end; await fleet.clock.advance(1000)) {
        await fleet.submit()
        await fleet.collect()
        if (second() % 60 === 0) swept.push(recordIn(await sweep()))
      }
    },
  }
}
const shownOf = ({ status, issues }: ReadinessRecord) => [status, ...issues]

describe('the documented first deploy: a secret without a key, and a task that is sent before the key is put', () => {
  it('is not ready at each sweep, with the reason; the key is used at the first try 10 s later; the task is solved', async () => {
    let held: Record<string, string> = { healthToken: 'generated' }
    const secret = () => held
    const { fleet, swept, seconds, until } = fleetWith({ workers: secret, sweep: secret })
    await until(5)
    fleet.send(recaptcha({ taskId: 'first' }))
    await until(70)
    expect(seconds(true)[0]).toBe(5)
    expect(swept.map(({ status, trace }) => [status, trace[0]?.rule, trace[0]?.observed])).toEqual([
      ['not_ready', 'api_key_refused', 'KEY_MISSING'],
      ['not_ready', 'api_key_refused', 'KEY_MISSING'],
    ])
    held = { ...held, ...KEY }
    await until(300)
    expect(seconds(true).filter((at) => at > 80)).toEqual([])
    expect(seconds(false)).toHaveLength(1)
    expect(fleet.resultsOf('first')).toMatchObject([{ status: 'solved', attempts: 1 }])
    const accepted = Math.ceil((seconds(false)[0] ?? 0) / 60)
    expect(swept.slice(accepted + 1).map(shownOf)).toEqual(swept.slice(accepted + 1).map(() => ['ready']))
    expect(swept.length).toBeGreaterThan(accepted + 1)
  })
})

describe('green while nothing works: the account call is good, and every submit is refused', () => {
  it('is not ready one sweep after the first refusal and at every sweep until a submit is accepted', async () => {
    let held: Record<string, string> = {}
    const { fleet, swept, seconds, until } = fleetWith({ workers: () => held, sweep: () => KEY })
    await until(61)
    expect(swept.map(shownOf)).toEqual([['ready'], ['ready']])
    fleet.send(recaptcha({ taskId: 'waits', deadlineSeconds: 900 }))
    await until(181)
    expect(seconds(true)[0]).toBe(61)
    for (const { status, issues, trace } of swept.slice(2)) {
      expect([status, issues[0]]).toEqual(['not_ready', 'api_key_refused=captchaai'])
      expect(trace[0]).toMatchObject({ rule: 'api_key_refused', observed: 'KEY_MISSING' })
    }
    await until(481)
    expect(swept.slice(2).map(({ raw }) => raw.status)).toEqual(Array(7).fill('not_ready'))
    held = KEY
    await until(721)
    expect(fleet.resultsOf('waits')).toMatchObject([{ status: 'solved', attempts: 1 }])
    expect(swept.slice(-2).map(shownOf)).toEqual([['ready'], ['ready']])
  })

  it('is ready again without any task once 90 s went by without a refusal and the account call is good', async () => {
    const { fleet, swept, until } = fleetWith({ workers: () => ({}), sweep: () => KEY })
    await until(50)
    fleet.send(recaptcha({ taskId: 'gone', deadlineSeconds: 20 }))
    await until(400)
    expect(fleet.resultsOf('gone')).toMatchObject([{ status: 'expired', attempts: 0 }])
    expect(swept.map(({ raw }) => raw.status === 'ready')).toEqual([true, false, false, true, true, true, true])
  })

  it('says low_balance where the workers are told that there is no money', async () => {
    const fleet = sweptFleet()
    const [provider, code] = ['captchaai', 'ERROR_ZERO_BALANCE']
    await fleet.write([{ kind: 'refused', at: fleet.clock.now(), provider, class: 'funds', code }])
    expect(await fleet.sweepAfter(60)).toMatchObject({
      ...{ status: 'not_ready', issues: ['no_usable_provider', 'low_balance=$0.00'] },
      evidence: { providers: [{ balance: 25, workersRefused: { class: 'funds', code } }] },
    })
  })
})
