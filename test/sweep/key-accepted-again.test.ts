import { describe, expect, it } from 'vitest'
import { makeKeys } from '../../functions/adapters/provider/keys.ts'
import { judgeKey } from '../../functions/adapters/provider/provider.ts'
import { sweepRetrySeconds } from '../../functions/core/admission/route/key-rules.ts'
import type { BalanceAnswer } from '../../functions/core/provider/answers.ts'
import { viewOf } from '../../functions/core/record/view.ts'
import { makeSweep } from '../../functions/sweep/sweep.ts'
import { makeFleetKeys } from '../../functions/worker/fleet-keys.ts'
import { makeKnownAdmission } from '../../functions/worker/known-admission.ts'
import { memoryIds } from '../../sim/memory/ids.ts'
import { SECOND, VIEW_SETTINGS } from '../build/evidence.ts'
import { solved } from '../build/outcomes.ts'
import { sweptFleet } from './swept-fleet.ts'

const RETRY_SECONDS = 900
const REFUSED = { class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST', message: 'The key is not known.' } as const
const GOOD: BalanceAnswer = { kind: 'balance', value: 25, ms: 40 }

/** A swept fleet with the real handling of keys, whose provider refuses the key for some minutes. */
function keyedFleet(refusedFrom: number, refusedUntil: number) {
  const fleet = sweptFleet()
  const { clock } = fleet
  const { log } = fleet.ports
  const began = clock.now()
  const minutesNow = () => (clock.now() - began) / 60_000
  /** Minutes at which the provider was sent the key, and whether it refused it. */
  const sent: { minute: number; isRefused: boolean }[] = []
  const environment = (by: string, retrySeconds: number | null) => {
    const env = { provider: 'captchaai', dwellSeconds: 120 } as const
    const options = { admission: fleet.admission, clock, log, ids: memoryIds(3), by, retrySeconds }
    const { known, shared } = makeFleetKeys({ ...options, env, leaseSeconds: 18 })
    const secret = { read: async () => ({ captchaai: 'the key' }) }
    const keys = makeKeys({ secret, clock, log, shared, keyRetrySeconds: RETRY_SECONDS })
    const balance = () =>
      keys.use<BalanceAnswer>({
        provider: 'captchaai',
        patienceMs: () => 2000,
        hasTime: () => true,
        async attempt() {
          await clock.sleep(40)
          const isRefused = minutesNow() >= refusedFrom && minutesNow() < refusedUntil
          sent.push({ minute: Math.round(minutesNow()), isRefused })
          return isRefused ? { kind: 'failed', failure: REFUSED, ms: 40 } : GOOD
        },
        judge: judgeKey,
        refuse: (failure) => ({ kind: 'failed', failure, ms: 0 }),
      })
    return { known, balance }
  }
  const worker = environment('w-1', null)
  /** Time passes until this has ended. */
  async function passing(work: Promise<unknown>): Promise<void> {
    let isOver = false
    const over = work.finally(() => {
      isOver = true
    })
    while (!isOver) await clock.advance(20)
    await over
  }
  const sweeper = environment('sweep-1', sweepRetrySeconds(RETRY_SECONDS))
  const [plain] = fleet.ports.providers
  if (plain === undefined) throw new Error('no provider')
  const providers = [{ ...plain, balance: sweeper.balance }]
  const sweep = makeSweep({ ...fleet.ports, providers, known: sweeper.known }, fleet.settings)
  const seen = () => {
    const [record, item] = [fleet.record.stored(), fleet.admission.stored()]
    if (record === null || item.kind !== 'admission') throw new Error('no record or no item')
    return viewOf({ kind: 'record', record, readAt: clock.now() }, clock.now(), VIEW_SETTINGS, item.admission)
  }
  /** Sweeps each minute, on the second, up to this one. */
  async function sweepUntil(minute: number): Promise<void> {
    for (let next = Math.floor(minutesNow()) + 1; next <= minute; next += 1) {
      clock.set(began + next * 60_000)
      await passing(sweep())
    }
  }
  return { fleet, sent, worker, passing, seen, sweepUntil }
}

/** The key is refused from minute 15 to 35, and tasks wait. A worker meets the refusal after a second. */
async function refusedKey() {
  const keyed = keyedFleet(15, 35)
  const { fleet, worker, passing, sweepUntil } = keyed
  await fleet.write([solved(fleet.clock.now())])
  fleet.queues.polls = 4
  await sweepUntil(14)
  await fleet.write([solved(fleet.clock.now())])
  await sweepUntil(15)
  fleet.clock.set(fleet.clock.now() + SECOND)
  await passing(worker.balance())
  fleet.queues.tasks = 6
  fleet.queues.polls = 0
  return keyed
}

describe('a refused key that is accepted again', () => {
  it('is sent once every keyRetrySeconds, also where a sweep runs a moment too early for that', async () => {
    const { sent, sweepUntil } = await refusedKey()
    await sweepUntil(46)
    expect(sent.filter(({ minute }) => minute >= 15)).toEqual([
      { minute: 15, isRefused: true },
      { minute: 30, isRefused: true },
      { minute: 45, isRefused: false },
      { minute: 46, isRefused: false },
    ])
  })

  it('ends with the very sweep that finds it everything that its time made, and the gate opens', async () => {
    const { fleet, seen, sweepUntil } = await refusedKey()
    await sweepUntil(44)
    expect(seen().issues.map((issue) => issue.split('=')[0])).toEqual([
      'api_key_refused',
      'no_usable_provider',
      'no_solve_for',
      'stalled_for',
    ])
    expect(fleet.intake.state()).toBe('shut')
    await sweepUntil(45)
    // Tasks have waited for half an hour, and no worker has received one yet: the mode lets them go one by one at first.
    const isGood = { status: 'degraded', mode: 'emergency', issues: [] }
    expect(fleet.record.stored()).toMatchObject({ ...isGood, evidence: { demandSeconds: 0 } })
    expect(seen()).toMatchObject(isGood)
    expect(fleet.intake.state()).toBe('open')
  })

  it('is what the account calls of this sweep told of the item; what was known before them is not taken for news', async () => {
    const fleet = sweptFleet()
    const known = makeKnownAdmission({ admission: fleet.admission, clock: fleet.clock })
    await known.read()
    fleet.clock.set(fleet.clock.now() + SECOND)
    const before = fleet.admission.stored()
    if (before.kind !== 'admission') throw new Error('no item')
    const { epoch, control } = before.admission
    const pause = { by: 'anna', at: fleet.clock.now(), reason: 'moves house' }
    await fleet.admission.write({ epoch, control: { ...control, pause } })
    await makeSweep({ ...fleet.ports, known }, fleet.settings)()
    expect(fleet.record.stored()).toMatchObject({ issues: ['paused'], evidence: { pause } })
  })
})
