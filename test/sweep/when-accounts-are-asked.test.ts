import { expect, it } from 'vitest'
import { SECRET_UNREADABLE } from '../../functions/contract/providers.ts'
import { initialProvider } from '../../functions/core/admission/item/initial.ts'
import { initialFacts, NO_BREAKER, type ProviderFacts } from '../../functions/core/evidence/provider-facts.ts'
import type { ErrorClass, FailureClass } from '../../functions/core/provider/error-class.ts'
import { type AskedAccount, askAccounts } from '../../functions/sweep/ask-accounts.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { memoryProvider } from '../../sim/memory/provider.ts'
import { sweptFleet } from './swept-fleet.ts'

/** Which of these accounts a sweep asks, where this is known of the first. */
async function asked(name: string, known: Partial<ProviderFacts>, more: { refusals?: boolean; open?: string[] } = {}) {
  const calls: string[] = []
  const account = (of: string): AskedAccount => {
    const real = memoryProvider(() => NOON, {}, { name: of })
    return {
      ...real,
      balance: () => {
        calls.push(of)
        return real.balance()
      },
    }
  }
  const facts = { ...initialFacts(name, 'threads'), ...known }
  const asking = { now: NOON, balanceSeconds: 60, refusals: more.refusals ?? false, open: new Set(more.open ?? []) }
  const after = await askAccounts([account(name)], [facts], asking)
  expect(after.map((one) => one.name)).toEqual([name])
  return calls.length
}
const REFUSED = { kind: 'refused', provider: 'captchaai', code: 'ERROR_OF_TEST' } as const
const checked = (seconds: number) => ({ checkedAt: NOON - seconds * 1000 })
const lost = { kind: 'failed', failure: { class: 'transient', code: 'TIMEOUT', message: 'no' }, ms: 5 } as const
const failed = (name: ErrorClass, code: string) => ({ ...checked(1), error: { class: name, code } })

it.each<[string, Partial<ProviderFacts>, object, number]>([
  ['was never asked', {}, {}, 1],
  ['was asked lately', checked(53), {}, 0],
  [
    'was asked lately, and whose balance is an old one',
    { ...checked(53), balance: 3, balanceAt: NOON - 500_000 },
    {},
    0,
  ],
  ['was asked nearly a period ago, as sweeps are never quite on time', checked(54), {}, 1],
  ['refused a worker since then', checked(1), { refusals: true }, 1],
  ['has an open breaker whose period is over', checked(1), { open: ['captchaai'] }, 1],
  ['is not the one with the open breaker', checked(1), { open: ['twocaptcha'] }, 0],
])('a provider that %s: %o %o is asked %i times by a sweep', async (_, known, more, times) => {
  expect(await asked('captchaai', known, more)).toBe(times)
})

it.each<[string, Partial<ProviderFacts>, number]>([
  ['was never asked', {}, 1],
  ['was asked 86 s ago', checked(86), 0],
  ['was asked a thousandth of a day ago', checked(86.4), 1],
  ['has an open breaker', { ...checked(1), breaker: { ...NO_BREAKER, state: 'open' } }, 1],
  ['has a half-open breaker', { ...checked(1), breaker: { ...NO_BREAKER, state: 'half_open' } }, 1],
  [
    'refused workers for lack of funds',
    { ...checked(1), workersRefused: { at: NOON, class: 'funds', code: 'ERROR_ZERO_BALANCE' } },
    0,
  ],
  ['refuses the key, which is not sent', { ...checked(1), keyRefused: true }, 1],
  ['did not answer the last time', failed('transient', 'NO_TIME'), 1],
  ['was perhaps never reached', failed('uncertain', 'HTTP_504'), 1],
  ['was not called, as the secret could not be read', failed('auth', SECRET_UNREADABLE), 1],
  ['blocks our address', failed('blocked', 'IP_BANNED'), 0],
  ['wants fewer requests', failed('rate', 'MAX_USER_TURN'), 0],
])('a provider that counts requests and %s: %o is asked %i times, whatever else is wanted', async (_, known, times) => {
  const wanted = { refusals: true, open: ['twocaptcha'] }
  expect(await asked('twocaptcha', known, wanted)).toBe(times)
})

it.each([
  [53, 0],
  [54, 1],
])(
  'a provider that counts requests and did not answer %i s ago is asked %i times: after nearly `balanceSeconds`, as any other',
  async (seconds, times) => {
    const lost = { ...failed('transient', 'TIMEOUT'), ...checked(seconds) }
    expect(await asked('twocaptcha', lost)).toBe(times)
  },
)

it.each([60, 10])(
  'a provider that counts requests and loses every second one gets no more than 1,200 in a day of sweeps %i s apart',
  async (sweepSeconds) => {
    let now = NOON
    let calls = 0
    const real = memoryProvider(() => now, {}, { name: 'twocaptcha' })
    const account: AskedAccount = {
      ...real,
      async balance() {
        calls += 1
        return calls % 2 === 0 ? real.balance() : lost
      },
    }
    let facts: ProviderFacts[] = []
    for (; now < NOON + 86_400_000; now += sweepSeconds * 1000)
      facts = await askAccounts([account], facts, { now, balanceSeconds: 60, refusals: false, open: new Set() })
    expect(calls).toBeGreaterThan(900)
    expect(calls).toBeLessThanOrEqual(1200)
  },
)

it.each([
  [-1, 0],
  [0, 1],
])(
  'a sweep asks the account of an open breaker from the end of its period on (%i ms, %i calls)',
  async (late, calls) => {
    const fleet = sweptFleet({ balanceSeconds: 900 })
    await fleet.sweepAfter(60)
    const until = fleet.clock.now() + 60_000 - late
    const breaker = { state: 'open', since: NOON, until, seconds: 60, cause: 'X' } as const
    const reading = fleet.admission.stored()
    if (reading.kind !== 'admission') throw new Error('no item')
    const { epoch, control } = reading.admission
    await fleet.admission.write({
      epoch,
      control: { ...control, providers: { captchaai: { ...initialProvider, breaker } } },
    })
    const before = fleet.calls.balance
    await fleet.sweepAfter(60)
    expect(fleet.calls.balance - before).toBe(calls)
  },
)

it.each<[FailureClass[], FailureClass[], number]>([
  [[], [], 0],
  [[], ['auth'], 1],
  [[], ['funds'], 1],
  [[], ['auth', 'funds'], 1],
  [['auth', 'funds'], [], 0],
  [['auth', 'auth'], ['funds'], 1],
  [['funds', 'funds'], ['auth'], 1],
  [[], ['task', 'capacity', 'transient'], 0],
])(
  'a sweep that knows the refusals %o and reads the new ones %o asks the account %i times: each refusal of the whole account counts once, of whichever kind',
  async (known, found, times) => {
    const fleet = sweptFleet({ balanceSeconds: 900 })
    const refuse = (classes: FailureClass[]) =>
      fleet.write(classes.map((name) => ({ ...REFUSED, at: fleet.clock.now(), class: name })))
    await refuse(known)
    await fleet.sweepAfter(60)
    await refuse(found)
    const before = fleet.calls.balance
    await fleet.sweepAfter(60)
    expect(fleet.calls.balance - before).toBe(times)
  },
)

it('a refusal that a sweep reads before it is old enough to be folded has the account asked by that sweep alone', async () => {
  const fleet = sweptFleet({ balanceSeconds: 900 })
  await fleet.sweepAfter(60)
  const asked: number[] = []
  for (let n = 0; n < 4; n += 1) {
    const before = fleet.calls.balance
    if (n === 1) {
      fleet.clock.set(fleet.clock.now() + 59_000)
      await fleet.write([{ ...REFUSED, at: fleet.clock.now(), class: 'auth' }])
    }
    await fleet.sweepAfter(n === 1 ? 1 : 60)
    asked.push(fleet.calls.balance - before)
  }
  expect(asked).toEqual([0, 1, 0, 0])
})

it.each<[string, ErrorClass | null, number]>([
  ['answered', null, 1],
  ['refused, as the key is: it is not sent a second time', 'auth', 0],
  ['lost, as the next one would be', 'transient', 0],
])('a plan is asked for its threads after a balance call that was %s', async (_, failed, times) => {
  const real = memoryProvider(() => NOON, {}, { name: 'captchaai' })
  const calls: string[] = []
  const account: AskedAccount = {
    ...real,
    balance: async () => {
      calls.push('balance')
      if (failed === null) return real.balance()
      return { kind: 'failed', failure: { class: failed, code: 'X', message: 'no' }, ms: 5 }
    },
    threads: () => {
      calls.push('threads')
      return real.threads()
    },
  }
  const asking = { now: NOON, balanceSeconds: 60, refusals: false, open: new Set<string>() }
  await askAccounts([account], [], asking)
  expect(calls).toEqual(['balance', ...Array(times).fill('threads')])
})

it('each account keeps what is known of itself, in whatever order it is known, and a new one begins with nothing', async () => {
  const account = (name: string): AskedAccount => memoryProvider(() => NOON, {}, { name })
  const known = ['twocaptcha', 'captchaai'].map((name, n) => ({
    ...initialFacts(name, 'threads'),
    ...checked(1),
    balance: n,
  }))
  const asking = { now: NOON, balanceSeconds: 60, refusals: false, open: new Set<string>() }
  const facts = await askAccounts(['captchaai', 'third', 'twocaptcha'].map(account), known, asking)
  expect(facts.map(({ name, balance }) => [name, balance])).toEqual([
    ['captchaai', 1],
    ['third', 25],
    ['twocaptcha', 0],
  ])
})

it('facts come in the order of the accounts, whoever fails; each is billed as it is configured now', async () => {
  const failure = { class: 'transient', code: 'TIMEOUT', message: '' } as const
  const lost = memoryProvider(
    () => NOON,
    { balance: () => ({ kind: 'failed', failure, ms: 7 }) },
    { name: 'twocaptcha' },
  )
  const well = memoryProvider(() => NOON, {}, { name: 'captchaai' })
  const known = [
    { ...initialFacts('captchaai', 'balance'), checkedAt: NOON - 9_000 },
    initialFacts('somebody-else', 'balance'),
  ]
  const asking = { now: NOON, balanceSeconds: 60, refusals: false, open: new Set<string>() }
  const facts = await askAccounts([lost, well], known, asking)
  expect(facts.map(({ name, billing, lostCalls, checkedAt }) => ({ name, billing, lostCalls, checkedAt }))).toEqual([
    { name: 'twocaptcha', billing: 'threads', lostCalls: 1, checkedAt: NOON },
    { name: 'captchaai', billing: 'threads', lostCalls: 0, checkedAt: NOON - 9_000 },
  ])
})
