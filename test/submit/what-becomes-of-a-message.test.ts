import { describe, expect, it } from 'vitest'
import { URGENT_UNTIL } from '../../functions/core/admission/item/counters.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { TaskStore } from '../../functions/core/ports.ts'
import type { ClaimedItem, TaskItem } from '../../functions/core/task/task.ts'
import { makeKeyedSerializer } from '../../functions/submit/keyed-serializer.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import type { SubmitFate } from '../../sim/memory/provider.ts'
import { NOTHING_CHARGED } from '../build/nothing-charged.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

type SmallFleet = ReturnType<typeof smallFleet>

/** The copy that a task was sent back as. */
function copyOf(fleet: SmallFleet) {
  const copies = [...fleet.queues.tasks.held.values()].filter(({ attributes }) => attributes.parks !== undefined)
  expect(copies.length).toBeLessThanOrEqual(1)
  return copies[0]
}
const delayOf = (fleet: SmallFleet) => ((copyOf(fleet)?.visibleAt ?? Number.NaN) - fleet.clock.now()) / 1000
const sentAgo = (seconds: number) => ({ enqueuedAt: String(NOON - seconds * 1000) })
const refused = (more: object): SubmitFate => ({
  kind: 'refused',
  failure: { class: 'capacity', code: 'CODE', message: 'No.', ...more },
})

/** A fleet that has claimed task `t` and whose table then says this of it. */
async function withItem(change: (item: ClaimedItem) => TaskItem, options: SmallFleetOptions = {}) {
  const fleet = smallFleet({ script: { submit: (_, n) => (n === 0 ? refused({}) : { kind: 'accept' }) }, ...options })
  fleet.send(recaptcha({ taskId: 't' }))
  await fleet.submit()
  fleet.queues.tasks.held.clear()
  const item = fleet.store.items.get('t')
  if (item?.state !== 'claimed') throw new Error('not claimed')
  fleet.store.items.set('t', change(item))
  return fleet
}

describe('a task whose last answer was lost in a worker that died', () => {
  it('is not bought once more than the policy allows, and its client is told of every possible charge', async () => {
    const fleet = await withItem((item) => ({
      ...item,
      ...{ charges: 1, uncertainCharges: 1, leaseUntil: NOON + 1000 },
      lost: [{ attempt: 'first', provider: 'captchaai' }],
    }))
    await fleet.clock.advance(1000)
    fleet.send(recaptcha({ taskId: 't' }))
    expect(await fleet.submit()).toEqual([])
    expect(fleet.provider.submits).toHaveLength(1)
    expect(fleet.resultsOf('t')).toMatchObject([
      { status: 'failed', attempts: 2, error: { code: 'SUBMIT_UNKNOWN', class: 'uncertain' } },
    ])
    expect(fleet.resultsOf('t')[0]).not.toHaveProperty('provider')
    expect(fleet.store.items.get('t')).toMatchObject({
      ttl: NOON / 1000 + 15 * 86_400,
      accounting: { invocation: 'invocation-2', via: 'message', since: NOON + 1000 },
    })
  })
})

describe('a task that another worker has claimed', () => {
  const claimedBy = (item: ClaimedItem) => ({ ...item, attempt: 'other', leaseUntil: NOON + 20_000 })

  it('leaves a duplicate of its client nothing to do: it is counted and deleted', async () => {
    const fleet = await withItem(claimedBy)
    fleet.send(recaptcha({ taskId: 't' }))
    expect(await fleet.submit()).toEqual([])
    expect(fleet.queues.tasks.held.size).toBe(0)
    expect(fleet.outcomes.all()[1]).toMatchObject({ received: 1, duplicates: 1, parked: 0 })
  })

  it('keeps the very message that brought it, until the lease of that worker is over', async () => {
    const fleet = await withItem((item) => ({ ...claimedBy(item), origin: 'the-origin' }))
    fleet.send(recaptcha({ taskId: 't' }), { origin: 'the-origin' })
    expect(await fleet.submit()).toEqual([])
    expect(delayOf(fleet)).toBe(20)
    expect(fleet.outcomes.all()[1]).toMatchObject({ received: 1, duplicates: 0, parked: 1 })
  })
})

describe('a task in flight', () => {
  it('whose message comes again is polled again, as it stands in the table, and counts as a duplicate', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha({ reply: 'both' }))
    await fleet.submit({ keep: true })
    const first = [...fleet.queues.polls.held.values()]
    fleet.queues.polls.held.clear()
    await fleet.clock.advance(120_000)
    await fleet.submit()
    const [poll, ...more] = fleet.queues.polls.held.values()
    expect(more).toEqual([])
    expect(first).toHaveLength(1)
    const { token: _, ...item } = fleet.store.items.get(id) ?? {}
    expect(JSON.parse(poll?.body ?? '')).toEqual({
      item,
      recorded: true,
      body: JSON.stringify(recaptcha({ reply: 'both' })),
    })
    expect(poll?.visibleAt).toBe(fleet.clock.now() + 1000)
    expect(fleet.outcomes.all()[1]).toMatchObject({ received: 1, duplicates: 1 })
  })
})

describe('a redelivered task that finds no room', () => {
  const redelivered = async (change: (item: ClaimedItem) => TaskItem | null) => {
    const fleet = await withItem((item) => change(item) ?? item)
    if (change(fixed) === null) fleet.store.items.delete('t')
    const reading = fleet.admission.stored()
    if (reading.kind !== 'admission') throw new Error('no item')
    await fleet.admission.write({ set: { inFlight: 100, inFlight_captchaai: 100 }, epoch: reading.admission.epoch })
    fleet.send(recaptcha({ taskId: 't' }), { origin: 'the-origin' })
    fleet.queues.tasks.receive(1)
    await fleet.clock.advance(120_000)
    await fleet.submit()
    return fleet
  }
  const fixed: ClaimedItem = {
    ...{
      state: 'claimed',
      taskId: 't',
      method: 'm',
      hash: 'h',
      attempt: 'a',
      origin: 'o',
      enqueuedAt: 0,
      deadlineAt: 0,
    },
    ...NOTHING_CHARGED,
    ...{ reply: 'queue', ttl: 0, leaseUntil: 0 },
  }

  it.each<[string, (item: ClaimedItem) => TaskItem | null]>([
    ['of which the table knows nothing', () => null],
    ['that is free', (item) => item],
  ])('%s, waits for a place as any other', async (_, change) => {
    const fleet = await redelivered(change)
    expect(copyOf(fleet)?.attributes).toMatchObject({ while: 'max_in_flight=100', parks: '1' })
    expect(fleet.outcomes.all()[1]).toMatchObject({ parked: 1, faults: 0, duplicates: 0 })
  })

  it.each([
    ['of the same message is held for the rest of the lease of its claim', 'the-origin', 41, 0],
    ['of a client’s duplicate is deleted', 'another-origin', null, 1],
  ])('and is being paid for by another worker, %s', async (_, origin, seconds, duplicates) => {
    const fleet = await redelivered((item) => ({ ...item, origin, attempt: 'theirs', leaseUntil: NOON + 161_000 }))
    expect(delayOf(fleet) || null).toBe(seconds)
    expect(copyOf(fleet)?.attributes.while).toBeUndefined()
    expect(fleet.outcomes.all()[1]).toMatchObject({ duplicates, parked: 1 - duplicates })
  })

  it('and is in flight already, gets its poll message and waits for nothing', async () => {
    const fleet = await redelivered((item) => {
      const { leaseUntil: _, ...facts } = item
      const submitted = { provider: 'captchaai', captchaId: '7', submittedAt: NOON }
      return { ...facts, ...submitted, state: 'submitted', origin: 'the-origin' }
    })
    expect(fleet.queues.tasks.held.size).toBe(0)
    expect(fleet.queues.polls.held.size).toBe(1)
  })
})

describe('a task that expires before any attempt', () => {
  it('is kept in the table for 15 days, with whose message and whose invocation settled it', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha({ deadlineSeconds: 60 }), sentAgo(60))
    await fleet.submit()
    expect(fleet.store.items.get(id)).toMatchObject({
      ...{ state: 'expired', settledAt: NOON, settledBy: null, charges: 0, origin: id, ttl: NOON / 1000 + 15 * 86_400 },
      accounting: { invocation: 'invocation-1', via: 'message', since: NOON, resultMayBeUnsent: false },
    })
  })

  it('takes no room from a task that can still be solved', async () => {
    const fleet = smallFleet({ maxInFlight: 1 })
    fleet.send(recaptcha({ taskId: 'expired', priority: 'critical', deadlineSeconds: 60 }), sentAgo(60))
    fleet.send(recaptcha({ taskId: 'too-late', priority: 'critical', deadlineSeconds: 60 }), sentAgo(55))
    fleet.send(recaptcha({ taskId: 'in-time', priority: 'low' }))
    await fleet.submit()
    expect(fleet.provider.submits.map(({ taskId }) => taskId)).toEqual(['in-time'])
  })

  it('after an attempt that was released expires all the same, and is told of that attempt’s charges', async () => {
    const fleet = await withItem((item) => ({ ...item, charges: 2, unsolvable: 2 }))
    await fleet.clock.advance(1000)
    fleet.send(recaptcha({ taskId: 't', deadlineSeconds: 60 }), sentAgo(59))
    expect(await fleet.submit()).toEqual([])
    expect(fleet.resultsOf('t')).toMatchObject([{ status: 'expired', attempts: 2 }])
  })

  it.each([
    ['that lapsed after its deadline counts as a possible charge', NOON - 1, 1],
    ['that lapses now counts as a possible charge', NOON, 1],
    ['that has not lapsed holds it', NOON + 1, null],
  ])('and meets a claim of the same message %s', async (_, leaseUntil, attempts) => {
    const fleet = await withItem((item) => ({ ...item, attempt: 'theirs', origin: 'the-origin', leaseUntil }))
    fleet.send(recaptcha({ taskId: 't', deadlineSeconds: 60 }), { ...sentAgo(65), origin: 'the-origin' })
    expect(await fleet.submit()).toEqual([])
    expect(fleet.resultsOf('t').map((result) => [result.status, result.attempts])).toEqual(
      attempts === null ? [] : [['expired', attempts]],
    )
    expect(fleet.queues.tasks.held.size).toBe(attempts === null ? 1 : 0)
  })

  it('and that another worker claims at this moment is received again, not settled over its head', async () => {
    const fleet = smallFleet({
      tasks: (real) => ({
        ...real,
        apply: async (event) =>
          event.kind === 'settleUnclaimed' ? { kind: 'refused', found: undefined } : real.apply(event),
      }),
    })
    const id = fleet.send(recaptcha({ deadlineSeconds: 60 }), sentAgo(60))
    expect(await fleet.submit()).toEqual([id])
    expect(fleet.results()).toEqual([])
  })
})

describe('a task that is parked', () => {
  it.each([
    [5, 5],
    [7, 7],
  ])('because it cannot be solved in the %i s that are left comes back at its deadline', async (left, seconds) => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ deadlineSeconds: 60 }), sentAgo(60 - left))
    await fleet.submit()
    expect(fleet.provider.submits).toEqual([])
    expect(delayOf(fleet)).toBeGreaterThanOrEqual(seconds)
    expect(delayOf(fleet)).toBeLessThanOrEqual(seconds + 1)
    expect(copyOf(fleet)?.attributes.while).toBe('too_late_to_solve')
  })

  it('does not stay away for longer than its deadline, whatever the provider asks for', async () => {
    const fleet = smallFleet({ script: { submit: () => refused({ class: 'rate', retryAfterSeconds: 77 }) } })
    fleet.send(recaptcha({ deadlineSeconds: 60 }), sentAgo(52))
    await fleet.submit()
    expect(delayOf(fleet)).toBe(9)
  })

  it('after its deadline, because the table is silent, comes back in seconds and not at once', async () => {
    const silent = (real: TaskStore): TaskStore => ({ ...real, apply: () => Promise.reject(new Error('down')) })
    const fleet = smallFleet({ tasks: silent })
    fleet.send(recaptcha({ deadlineSeconds: 60 }), sentAgo(61))
    await fleet.submit()
    expect(delayOf(fleet)).toBeGreaterThanOrEqual(4)
    const unknown = smallFleet()
    unknown.send(recaptcha({ deadlineSeconds: 60 }), sentAgo(61))
    const messages = unknown.queues.tasks.receive(1)
    await unknown.submitUseCase(messages, { ...unknown.run(), clockUnknown: true })
    expect(delayOf(unknown)).toBeGreaterThanOrEqual(4)
  })

  it('because the admission item is missing says so, and nothing is bought', async () => {
    const fleet = smallFleet({ admission: { kind: 'missing' } })
    fleet.send(recaptcha())
    expect(await fleet.submit()).toEqual([])
    expect(fleet.provider.submits).toEqual([])
    expect(copyOf(fleet)?.attributes).toMatchObject({ while: 'admission_missing' })
    expect(fleet.outcomes.all()).toMatchObject([{ parked: 1, faults: 0 }])
  })
})

describe('the next place that is given back', () => {
  /** Until when it is kept after a batch of these tasks (priority and age in seconds), with room for so many. */
  async function keptAfter(priorities: readonly string[], options: SmallFleetOptions) {
    const fleet = smallFleet(options)
    for (const each of priorities) {
      const [priority, age = '0'] = each.split(' ')
      fleet.send(recaptcha({ priority }), sentAgo(Number(age)))
    }
    await fleet.submit()
    const found = fleet.admission.stored()
    return found.kind === 'admission' ? (found.admission.counts[URGENT_UNTIL] ?? null) : null
  }
  const threads = (count: number): SmallFleetOptions => {
    const first = initialAdmission(['captchaai'])
    const { captchaai } = first.control.providers
    if (captchaai === undefined) throw new Error('no provider')
    const providers = { captchaai: { ...captchaai, threads: count } }
    return { admission: { kind: 'admission', admission: { ...first, control: { ...first.control, providers } } } }
  }

  it.each<[string, readonly string[], SmallFleetOptions, number | null]>([
    ['is kept for a critical task that found no room', ['critical', 'critical'], { maxInFlight: 1 }, NOON + 6000],
    ['is kept for a critical task that found no thread', ['critical', 'critical'], threads(1), NOON + 6000],
    ['is not kept where the critical one found room', ['critical', 'normal'], { maxInFlight: 1 }, null],
    ['is not kept for tasks that are not critical', ['high', 'high'], { maxInFlight: 1 }, null],
    [
      'is not kept for one that has only become critical by waiting',
      ['critical 160', 'high 150'],
      { maxInFlight: 1 },
      null,
    ],
    ['is not kept where it is not places that are missing', ['critical', 'critical'], { spendPerDay: 1 }, null],
    ['is not kept where there is room for all', ['critical', 'critical'], { maxInFlight: 2 }, null],
  ])('%s', async (_, priorities, options, until) => {
    expect(await keptAfter(priorities, options)).toBe(until)
  })
})

describe('the address that a provider is to call', () => {
  it('is not given where callbacks are off, also for a task whose item has a secret from before', async () => {
    const fleet = await withItem((item) => ({ ...item, token: 'secret' }))
    fleet.send(recaptcha({ taskId: 't' }))
    await fleet.submit()
    expect(fleet.provider.ledger).toMatchObject([{ pingbackUrl: undefined }])
  })
})

describe('an answer that ends a task', () => {
  it.each<[string, SubmitFate, string]>([
    ['a refusal', refused({ class: 'task' }), 'task'],
    ['a lost answer, where nothing may be bought again,', { kind: 'lose' }, 'uncertain'],
  ])(
    '(%s) which another worker has settled meanwhile is received again and finds that result',
    async (_, fate, kind) => {
      const world: { fleet?: SmallFleet } = {}
      const fleet = smallFleet({
        rebuyUnknown: 0,
        script: {
          submit: () => {
            const item = world.fleet?.store.items.get('t')
            if (item?.state === 'claimed') world.fleet?.store.items.set('t', { ...item, attempt: 'other' })
            return fate
          },
        },
      })
      world.fleet = fleet
      const id = fleet.send(recaptcha({ taskId: 't' }))
      expect(await fleet.submit()).toEqual([id])
      expect([fleet.results(), fleet.queues.tasks.held.size]).toEqual([[], 1])
      expect(fleet.outcomes.all()).toMatchObject([{ failed: 0, parked: 0, refusedByClass: { [kind]: 1 } }])
    },
  )
})

describe('a message that is no task', () => {
  it('whose answers cannot be sent stays for SQS to move, however often it was received', async () => {
    const fleet = smallFleet({
      sender: (real) => ({
        send: async (queue, messages) => (queue === 'results' ? messages.map(() => false) : real.send(queue, messages)),
      }),
    })
    const id = fleet.send('no JSON')
    for (let n = 0; n < 10; n += 1) {
      expect(await fleet.submit()).toEqual([id])
      await fleet.clock.advance(120_000)
    }
    const reasons = [...fleet.queues.deadLetters.held.values()].map(({ attributes }) => attributes.reason)
    expect(reasons.filter((reason) => !reason?.startsWith('INVALID_TASK: '))).toEqual([])
  })
})

describe('work with the same key', () => {
  it('runs one after another in its order, whether what came before failed or not, and other keys do not wait', async () => {
    const clock = memoryClock()
    const serialize = makeKeyedSerializer()
    const seen: string[] = []
    const run = (key: string, name: string, milliseconds: number) =>
      serialize(key, async () => {
        seen.push(`${name} begins`)
        await clock.sleep(milliseconds)
        seen.push(`${name} ends`)
        if (name === 'a1') throw new Error('failed')
        return name
      })
    const all = Promise.allSettled([run('a', 'a1', 30), run('a', 'a2', 10), run('b', 'b1', 20), run('a', 'a3', 1)])
    await clock.advance(0)
    await clock.advance(100)
    expect(seen).toEqual([
      ...['a1 begins', 'b1 begins', 'b1 ends', 'a1 ends'],
      ...['a2 begins', 'a2 ends', 'a3 begins', 'a3 ends'],
    ])
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  })
})

it('a provider that blocks us sends the next batch to the second provider', async () => {
  const fleet = smallFleet({ script: { submit: () => refused({ class: 'blocked' }) }, backup: {} })
  fleet.send(recaptcha())
  await fleet.submit()
  fleet.send(recaptcha())
  await fleet.submit()
  expect([fleet.provider.submits.length, fleet.backup.submits.length]).toEqual([1, 1])
})
