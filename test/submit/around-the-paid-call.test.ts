import { describe, expect, it } from 'vitest'
import type { TaskTransition } from '../../functions/core/task/lifecycle.ts'
import type { MemoryClock } from '../../sim/memory/clock.ts'
import { NOON } from '../../sim/memory/clock.ts'
import type { SubmitFate } from '../../sim/memory/provider.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

/** One task is submitted by a call of `callMs`, in an invocation that is killed `leftMs` after the call has ended. */
async function submitted(fate: SubmitFate, { callMs = 800, leftMs = 60_000, ...options }: Timed = {}) {
  const world: { clock?: MemoryClock } = {}
  const within: [TaskTransition['kind'], number | undefined][] = []
  const fleet = smallFleet({
    ...options,
    script: { submit: () => fate },
    provider: (real) => ({
      ...real,
      async submit(task, url) {
        await world.clock?.sleep(callMs)
        return real.submit(task, url)
      },
    }),
    tasks: (real) => ({
      ...real,
      apply(event, withinMs) {
        within.push([event.kind, withinMs])
        return options.tasks?.(real).apply(event, withinMs) ?? real.apply(event, withinMs)
      },
    }),
  })
  world.clock = fleet.clock
  fleet.send(recaptcha({ taskId: 't' }))
  await fleet.submitUseCase(fleet.queues.tasks.receive(1), { id: 'i', endsAt: fleet.clock.now() + callMs + leftMs })
  const copies = [...fleet.queues.tasks.held.values()].filter(({ receiveCount }) => receiveCount === 0)
  return { fleet, within: within.filter(([kind]) => kind !== 'claim'), copies }
}
interface Timed extends SmallFleetOptions {
  callMs?: number
  leftMs?: number
}
const CAPACITY = { class: 'capacity', code: 'ERROR_NO_SLOT_AVAILABLE', message: 'No.' } as const
const HTTP = { class: 'transient', code: 'HTTP_502', message: 'bad gateway' } as const

describe('the write after a paid call', () => {
  it.each<[string, SubmitFate, TaskTransition['kind']]>([
    ['an accepted submit', { kind: 'accept' }, 'submitted'],
    ['a refusal', { kind: 'refused', failure: CAPACITY }, 'release'],
    ['an HTTP error', { kind: 'httpError', failure: HTTP }, 'release'],
    ['a lost answer', { kind: 'lose' }, 'lose'],
  ])('after %s may take 3 s, and less where the invocation ends sooner, but the last second', async (_, fate, kind) => {
    for (const [leftMs, withinMs] of [
      [60_000, 3000],
      [13_200, 3000],
      [3999, 2999],
      [3500, 2500],
      [1000, 0],
      [200, 0],
    ] as const) {
      // With so little time left no call would begin: it has taken longer than it may.
      const { within } = await submitted(fate, { callMs: 14_000, leftMs })
      expect(within).toEqual([[kind, withinMs]])
    }
  })
})

describe('a paid call that took 800 ms', () => {
  it.each<[string, SubmitFate, string]>([
    ['accepted', { kind: 'accept' }, 'submitted'],
    ['refused', { kind: 'refused', failure: CAPACITY }, 'submit refused'],
    ['an HTTP error', { kind: 'httpError', failure: HTTP }, 'submit answered with an HTTP error'],
    ['lost', { kind: 'lose' }, 'submit lost'],
  ])('is logged and told with that time (%s)', async (_, fate, message) => {
    const { fleet } = await submitted(fate)
    const line = fleet.lines.find((one) => one.message === message)
    expect(line?.fields).toMatchObject({ taskId: 't', provider: 'captchaai', milliseconds: 800 })
  })

  it('counts from its end: the submit time of the task, and the first poll', async () => {
    const { fleet } = await submitted({ kind: 'accept' })
    expect(fleet.store.items.get('t')).toMatchObject({ submittedAt: NOON + 800, charges: 1 })
    expect(fleet.outcomes.all()).toMatchObject([{ lastWorkingSubmitAt: NOON + 800 }])
    const [poll] = fleet.queues.polls.held.values()
    expect(JSON.parse(poll?.body ?? '')).toMatchObject({
      recorded: true,
      item: { submittedAt: NOON + 800, charges: 1 },
      firstPollAt: NOON + 15_800,
      intervalSeconds: 5,
    })
    expect(poll?.visibleAt).toBe(NOON + 15_800)
  })

  it.each([
    ['was written at the second try', 1, 15_000, true],
    ['was written at the fifth try', 4, 15_000, true],
    ['could not be written', 99, 1000, false],
  ])(
    'whose record %s plans its first poll for the moment at which its message comes',
    async (_, failures, wait, recorded) => {
      let tries = 0
      const { fleet } = await submitted(
        { kind: 'accept' },
        {
          tasks: (real) => ({
            ...real,
            apply(event, withinMs) {
              if (event.kind !== 'submitted') return real.apply(event, withinMs)
              tries += 1
              return tries > failures ? real.apply(event, withinMs) : Promise.reject(new TypeError('down'))
            },
          }),
        },
      )
      const [poll] = fleet.queues.polls.held.values()
      const now = fleet.clock.now()
      expect(now).toBeGreaterThan(NOON + 800)
      expect(poll?.visibleAt).toBe(now + wait)
      expect(JSON.parse(poll?.body ?? '')).toMatchObject({
        ...{ recorded, firstPollAt: now + wait, item: { submittedAt: NOON + 800 } },
        // What was not recorded is polled when every other task would be, as soon as it is.
        ...(recorded ? {} : { regularFrom: NOON + 15_800 }),
      })
    },
  )

  it('says in its poll message that a callback is asked for, only where it is', async () => {
    for (const pingback of [false, true]) {
      const { fleet } = await submitted({ kind: 'accept' }, { pingback })
      const [poll] = fleet.queues.polls.held.values()
      expect(JSON.parse(poll?.body ?? '').callback).toBe(pingback ? true : undefined)
      expect(fleet.provider.ledger[0]?.pingbackUrl === undefined).toBe(!pingback)
    }
  })
})

describe('a refusal', () => {
  it.each([
    ['ignore', 'unknown'],
    ['pending', 'unknown'],
    ['unsolvable', 'unsolvable'],
    ['task', 'task'],
  ] as const)(
    'of class %s, which no retry can mend, ends the task as %s, and is not bought again',
    async (kind, told) => {
      const failure = { class: kind, code: 'CODE', message: 'The provider said so.' }
      const { fleet, copies } = await submitted({ kind: 'refused', failure })
      expect(copies).toEqual([])
      expect(fleet.resultsOf('t')).toMatchObject([
        {
          status: 'failed',
          attempts: 0,
          provider: 'captchaai',
          error: { code: 'CODE', class: told, message: 'The provider said so.' },
        },
      ])
      expect(fleet.queues.polls.held.size).toBe(0)
    },
  )

  it.each(['rate', 'blocked', 'funds', 'capacity', 'transient', 'auth', 'uncertain'] as const)(
    'of class %s sends the task back for as long as the provider says, with the reason and the unpaid attempt',
    async (kind) => {
      const failure = { class: kind, code: 'CODE', message: 'No.', retryAfterSeconds: 77 }
      const { fleet, copies } = await submitted({ kind: 'refused', failure })
      const { attempt } = fleet.store.items.get('t') ?? {}
      expect(copies).toMatchObject([{ visibleAt: fleet.clock.now() + 77_000, attributes: { unpaid: attempt } }])
      expect(copies[0]?.attributes.while).toMatch(/ from captchaai$/)
      expect(fleet.results()).toEqual([])
    },
  )
})

describe('a task whose answer could not be written down', () => {
  const silent: SmallFleetOptions = {
    tasks: (real) => ({
      ...real,
      apply: (event) => (event.kind === 'claim' ? real.apply(event) : Promise.reject(new TypeError('down'))),
    }),
  }

  it.each<[string, SubmitFate, string]>([
    ['an HTTP error', { kind: 'httpError', failure: HTTP }, 'HTTP_502 from captchaai'],
    ['a lost answer', { kind: 'lose' }, 'TIMEOUT from captchaai'],
  ])('(%s) comes back when its claim has lapsed, not sooner', async (_, fate, reason) => {
    const { fleet, copies } = await submitted(fate, silent)
    const item = fleet.store.items.get('t')
    if (item?.state !== 'claimed') throw new Error('not claimed')
    const [copy] = copies
    expect(copy?.visibleAt).toBeGreaterThanOrEqual(item.leaseUntil)
    expect(copy?.visibleAt).toBeLessThan(item.leaseUntil + 1000)
    expect(copy?.attributes).toMatchObject({ while: reason })
    expect(copy?.attributes).not.toHaveProperty('unpaid')
  })

  it('(an HTTP error that asks for a shorter wait) comes back when its claim has lapsed all the same', async () => {
    const { fleet, copies } = await submitted({ kind: 'httpError', failure: { ...HTTP, retryAfterSeconds: 2 } }, silent)
    const item = fleet.store.items.get('t')
    expect(item).toMatchObject({ state: 'claimed', leaseUntil: expect.any(Number) })
    const leaseUntil = item?.state === 'claimed' ? item.leaseUntil : 0
    expect(leaseUntil - fleet.clock.now()).toBeGreaterThan(2000)
    expect(copies[0]?.visibleAt).toBeGreaterThanOrEqual(leaseUntil)
  })

  it('(an HTTP error that asks for a longer wait) comes back after that', async () => {
    const { fleet, copies } = await submitted(
      { kind: 'httpError', failure: { ...HTTP, retryAfterSeconds: 120 } },
      silent,
    )
    expect(copies[0]?.visibleAt).toBe(fleet.clock.now() + 120_000)
  })
})

describe('a submit that was accepted after another worker had the task', () => {
  /** Settles or takes the task while the provider is being called. */
  async function meanwhile(change: 'settled' | 'taken') {
    const world: { fleet?: ReturnType<typeof smallFleet> } = {}
    const fleet = smallFleet({
      provider: (real) => ({
        ...real,
        async submit(task, url) {
          const item = world.fleet?.store.items.get('t')
          if (item?.state === 'claimed') {
            const settled = {
              ...{ settledAt: NOON, settledBy: item.attempt },
              result: { taskId: 't', status: 'solved', attempts: 1, enqueuedAt: '', settledAt: '' },
              accounting: { invocation: 'other', since: NOON, via: 'callback', resultMayBeUnsent: false },
            } as const
            const { leaseUntil: _l, provider: _p, ...facts } = item
            world.fleet?.store.items.set(
              't',
              change === 'settled' ? { ...facts, ...settled, state: 'solved' } : { ...item, attempt: 'other' },
            )
          }
          return real.submit(task, url)
        },
      }),
    })
    world.fleet = fleet
    fleet.send(recaptcha({ taskId: 't' }))
    await fleet.submit()
    const found = fleet.admission.stored()
    return { fleet, inFlight: found.kind === 'admission' ? found.admission.counts.inFlight : null }
  }

  it.each([
    ['settled', 0],
    ['taken', 1],
  ] as const)('where it is %s, is logged with its id and polled, and %i places stay taken', async (change, places) => {
    const { fleet, inFlight } = await meanwhile(change)
    expect(inFlight).toBe(places)
    expect(fleet.lines.filter(({ message }) => message === 'accepted too late')).toMatchObject([
      { level: 'warn', fields: { taskId: 't', provider: 'captchaai', captchaId: '7000000000' } },
    ])
    const [poll] = fleet.queues.polls.held.values()
    expect(JSON.parse(poll?.body ?? '')).toMatchObject({ recorded: true, item: { captchaId: '7000000000' } })
  })
})

describe('a call that takes half of the time-out or longer', () => {
  it.each<[string, SubmitFate]>([
    ['accepted', { kind: 'accept' }],
    ['refused', { kind: 'refused', failure: CAPACITY }],
    ['lost', { kind: 'lose' }],
  ])(
    'counts as a slow submit of its provider, whatever it brings (%s), and a shorter one does not',
    async (_, fate) => {
      for (const [callMs, slow] of [
        [4999, {}],
        [5000, { captchaai: 1 }],
      ] as const) {
        const { fleet } = await submitted(fate, { callMs })
        expect(fleet.outcomes.all()).toMatchObject([{ slowSubmits: slow }])
        expect(fleet.outcomes.all()[0]?.slowSubmits).toEqual(slow)
      }
    },
  )
})

it('a lost answer sends the task back with that reason, and its place is given back', async () => {
  const { fleet, copies } = await submitted({ kind: 'lose' })
  expect(copies[0]?.attributes).toMatchObject({ while: 'TIMEOUT from captchaai' })
  expect(fleet.admission.stored()).toMatchObject({ admission: { counts: { inFlight: 0 } } })
})

it('a paid task whose submit could not be written is in flight: its place stays taken', async () => {
  const silent: SmallFleetOptions['tasks'] = (real) => ({
    ...real,
    apply: (event) => (event.kind === 'submitted' ? Promise.reject(new TypeError('down')) : real.apply(event)),
  })
  const { fleet } = await submitted({ kind: 'accept' }, { tasks: silent })
  expect(fleet.admission.stored()).toMatchObject({ admission: { counts: { inFlight: 1, inFlight_captchaai: 1 } } })
})
