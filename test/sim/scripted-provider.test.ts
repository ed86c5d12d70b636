import { describe, expect, it } from 'vitest'
import { makeEnvironment } from '../../sim/fleet/fleet/environment.ts'
import type { Charge } from '../../sim/fleet/model/charge.ts'
import { makeVirtualTime } from '../../sim/fleet/model/virtual-time.ts'
import { makeScriptedAnswers } from '../../sim/fleet/provider/scripted-answers.ts'
import { NOON } from '../../sim/memory/clock.ts'
import type { PlanChange } from '../../sim/provider/behaviour.ts'
import { NAMED_FAULTS } from '../../sim/provider/fault-table.ts'
import { readFaultOrder } from '../../sim/provider/named-fault.ts'
import { providerAt, task } from '../provider/provider-at.ts'
import { simulator } from '../provider/started-simulator.ts'

const TIMEOUT_SECONDS = 0.8
/** For an answer that comes: a busy machine may take a while. No fault's delay is shorter. */
const AMPLE_SECONDS = 20
const DELAY_MS = 60_000

/** The plan of a simulator that solves at once under this fault, which strikes every request. */
function planUnder(name: string): PlanChange {
  const takes = NAMED_FAULTS[name]?.takes ?? {}
  const order = readFaultOrder({ name, ...('rate' in takes && { rate: 1 }), ...('ms' in takes && { ms: DELAY_MS }) })
  if ('problem' in order) throw new Error(order.problem)
  return { solveSeconds: 0, solveRate: 1, faults: order.faults }
}

/** What an answer comes to, without ids and messages. */
const outline = (answer: { kind: string; failure?: { class: string; code: string } }) =>
  answer.failure === undefined ? answer.kind : `${answer.kind}: ${answer.failure.class} ${answer.failure.code}`

/** `expected`: what each call should come to. Only one that should run out of time gets little of it. */
async function overHttp(plan: PlanChange, expected: readonly string[]): Promise<string[]> {
  const { url, key, ledger } = await simulator({ plan })
  const limits = expected.map((answer) => (answer.includes('TIMEOUT') ? TIMEOUT_SECONDS : AMPLE_SECONDS))
  const asked = async <T>(ask: (provider: ReturnType<typeof providerAt>) => Promise<T>): Promise<T> => {
    const provider = providerAt(url, key, 'captchaai', limits.shift() ?? AMPLE_SECONDS)
    return ask(provider).finally(() => provider.close())
  }
  const submitted = await asked(({ submit }) => submit(task()))
  const [charge] = ledger()
  await expect.poll(() => Date.now() > (charge?.at ?? 0)).toBe(true)
  const others = [
    await asked(({ result }) => result(charge?.id ?? '1')),
    await asked(({ balance }) => balance()),
    await asked(({ threads }) => threads()),
  ]
  return [...[submitted, ...others].map(outline), `${ledger().length} charges`]
}

function inVirtualTime(plan: PlanChange): string[] {
  const charges: Charge[] = []
  let now = NOON
  const answers = makeScriptedAnswers(
    { plan },
    {
      ...{ record: () => {}, now: () => now, call: () => {}, timeoutMs: TIMEOUT_SECONDS * 1000 },
      keep: (charge) => charges.push(charge),
    },
  )
  const submitted = answers.submit({
    task: task(),
    pingbackUrl: undefined,
    environment: makeEnvironment('submit-1', 0, makeVirtualTime(NOON), null),
    provider: 'captchaai',
  })
  now += 100
  const others = [
    answers.result(charges[0]?.captchaId ?? '1', 'collect-1', 'captchaai'),
    answers.balance('captchaai'),
    answers.threads('captchaai'),
  ]
  return [...[submitted, ...others].map(outline), `${charges.length} charges`]
}

describe('the simulated provider in virtual time', () => {
  it.each(Object.keys(NAMED_FAULTS))(
    'under the fault %s gives the fleet the same answers, and has the same charges, as over HTTP',
    async (name) => {
      const plan = planUnder(name)
      const virtual = inVirtualTime(plan)
      const real = await overHttp(plan, virtual)
      // A socket may learn of its reset before or after the first bytes of the request have left.
      if (name === 'drops') real[0] = real[0]?.replace('lost: uncertain RESET', 'refused: transient RESET') ?? ''
      expect(virtual).toEqual(real)
    },
  )

  it('lets time pass: solved when it is due, slow where a fault says so, and never longer than a call may take', () => {
    const faults = [{ kind: 'slow', ms: 250, on: 'account', fromSeconds: 5, untilSeconds: 6 } as const]
    let now = NOON
    const kept: Charge[] = []
    const answers = makeScriptedAnswers(
      { plan: { solveSeconds: 10, faults: [...faults, { kind: 'hang', fromSeconds: 20 }] } },
      {
        ...{ record: () => {}, now: () => now, call: () => {}, timeoutMs: 1000 },
        keep: (charge) => kept.push(charge),
      },
    )
    const at = (seconds: number) => {
      now = NOON + seconds * 1000
    }
    const polled = () => answers.result(kept[0]?.captchaId ?? '', 'collect-1', 'captchaai').kind
    answers.submit({
      task: task(),
      pingbackUrl: undefined,
      environment: makeEnvironment('submit-1', 0, makeVirtualTime(NOON), null),
      provider: 'captchaai',
    })
    const usual = answers.takes({ kind: 'accepted' })
    at(5)
    answers.balance('captchaai')
    expect(answers.takes({ kind: 'balance' }) - usual).toBe(250)
    at(9.999)
    expect([polled(), kept[0]?.pendingAt]).toEqual(['pending', NOON + 9999])
    at(10)
    expect([polled(), answers.takes({ kind: 'solved' })]).toEqual(['solved', usual])
    at(20)
    expect([polled(), answers.takes({ kind: 'failed' })]).toEqual(['failed', 1000])
  })

  it('refuses a plan that is wrong, with every problem', () => {
    const parts = { record: () => {}, now: () => NOON, call: () => {}, keep: () => {}, timeoutMs: 1000 }
    const plan = { speed: 0, solveRate: 2 }
    expect(() => makeScriptedAnswers({ plan }, parts)).toThrow(/speed.*solveRate/)
  })
})
