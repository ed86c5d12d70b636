import { describe, expect, it } from 'vitest'
import { WRITES_SECONDS, workerTimeoutSeconds } from '../../functions/contract/limits.ts'
import { initialAdmission } from '../../functions/core/admission/item/initial.ts'
import type { OutgoingMessage, QueueName } from '../../functions/core/message/message.ts'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'
import type { MemoryQueue } from '../../sim/memory/queue.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

type SmallFleet = ReturnType<typeof smallFleet>
/** Seconds until each message of a queue may be received, shortest first. */
const delaysOf = (queue: MemoryQueue, now: number) =>
  [...queue.held.values()].map(({ visibleAt }) => (visibleAt - now) / 1000).sort((a, b) => a - b)
const taskDelays = ({ queues, clock }: SmallFleet) => delaysOf(queues.tasks, clock.now())
const pollDelays = ({ queues, clock }: SmallFleet) => delaysOf(queues.polls, clock.now())
const bought = ({ provider }: SmallFleet) => provider.submits.map(({ taskId }) => taskId)
const refusing = (failure: Partial<ProviderFailure>): SmallFleetOptions => ({
  script: {
    submit: () => ({ kind: 'refused', failure: { class: 'transient', code: 'C', message: 'No.', ...failure } }),
  },
})
/** A task that was sent so many seconds ago and is delivered now. */
const aged = (fleet: SmallFleet, seconds: number) => ({ enqueuedAt: String(fleet.clock.now() - seconds * 1000) })
const counts = (visible: number, hidden: number, delayed: number) => ({ visible, hidden, delayed })

describe('where not all of a batch may be bought', () => {
  it('the most urgent tasks are bought first', async () => {
    const fleet = smallFleet({ maxInFlight: 3 })
    for (const priority of ['low', 'normal', 'critical', 'high']) fleet.send(recaptcha({ taskId: priority, priority }))
    await fleet.submit()
    expect(bought(fleet).sort()).toEqual(['critical', 'high', 'normal'])
  })

  it('the oldest of the same urgency is bought first, wherever it stands in the batch', async () => {
    const fleet = smallFleet({ maxInFlight: 2 })
    for (const [taskId, age] of [
      ['young', 1],
      ['oldest', 90],
      ['newest', 0],
      ['old', 60],
    ] as const)
      fleet.send(recaptcha({ taskId }), aged(fleet, age))
    await fleet.submit()
    expect(bought(fleet).sort()).toEqual(['old', 'oldest'])
  })

  it.each([
    ['with all the time in the world goes before a young one that has little', 3600, 60, 'old'],
    ['with little time goes before a young one that has much', 600, 3600, 'old'],
  ])('of the same urgency an old one %s', async (_, old, young, first) => {
    const fleet = smallFleet({ maxInFlight: 1 })
    fleet.send(recaptcha({ taskId: 'young', deadlineSeconds: young }), aged(fleet, 5))
    fleet.send(recaptcha({ taskId: 'old', deadlineSeconds: old }), aged(fleet, 100))
    await fleet.submit()
    expect(bought(fleet)).toEqual([first])
  })

  it('an urgent task that has just come goes before an old one that is not urgent', async () => {
    const fleet = smallFleet({ maxInFlight: 1 })
    fleet.send(recaptcha({ taskId: 'old', priority: 'normal' }), aged(fleet, 99))
    fleet.send(recaptcha({ taskId: 'urgent', priority: 'high' }))
    await fleet.submit()
    expect(bought(fleet)).toEqual(['urgent'])
  })

  it('a task becomes more urgent with each third of its deadline that it waits', async () => {
    const fleet = smallFleet({ maxInFlight: 2 })
    fleet.send(recaptcha({ taskId: 'high', priority: 'high' }))
    fleet.send(recaptcha({ taskId: 'two-thirds', priority: 'low' }), aged(fleet, 200))
    fleet.send(recaptcha({ taskId: 'one-third', priority: 'low' }), aged(fleet, 100))
    fleet.send(recaptcha({ taskId: 'critical', priority: 'critical' }))
    await fleet.submit()
    expect(bought(fleet).sort()).toEqual(['critical', 'two-thirds'])
  })

  it('the others come back one after the other, the first after 5 s, and none of them is bought before', async () => {
    const fleet = smallFleet({ maxInFlight: 1 })
    for (let i = 0; i < 4; i += 1) fleet.send(recaptcha({ taskId: `t-${i}` }))
    await fleet.submit()
    expect(fleet.queues.tasks.counts()).toEqual(counts(0, 0, 3))
    // One place, and nobody knows yet how fast tasks are solved: 20 s are presumed, in which five tasks come back.
    expect(taskDelays(fleet)).toEqual([5, 9, 13])
    await fleet.clock.advance(4900)
    expect(await fleet.submit()).toEqual([])
    expect(bought(fleet)).toHaveLength(1)
  })
})

describe('maxInFlight', () => {
  /** How many of three more tasks are bought with three in flight, whatever the queues say. */
  async function threeInFlight(maxInFlight: number) {
    const fleet = smallFleet({ maxInFlight })
    for (let i = 0; i < 3; i += 1) fleet.send(recaptcha({ taskId: `first-${i}` }))
    await fleet.submit()
    const before = bought(fleet).length
    for (const { receipt } of fleet.queues.polls.receive(10)) fleet.queues.polls.remove(receipt)
    for (let i = 0; i < 3; i += 1) fleet.send(recaptcha({ taskId: `t-${i}` }))
    await fleet.submit()
    return bought(fleet).length - before
  }

  it.each([
    [3, 0],
    [4, 1],
    [5, 2],
    [100, 3],
  ])(
    'of %i, with three tasks in flight and however few poll messages the queue tells of, leaves room for %i more',
    async (most, room) => {
      expect(await threeInFlight(most)).toBe(room)
    },
  )
})

describe('the first poll of a task', () => {
  it.each([
    ['userrecaptcha', {}, 15],
    ['userrecaptcha', { params: { version: 'v3' } }, 10],
    ['turnstile', {}, 10],
  ])('of method %s %j is %i s after its submit', async (method, more, seconds) => {
    const fleet = smallFleet()
    fleet.send(recaptcha({ method, ...more }))
    await fleet.submit()
    expect(pollDelays(fleet)).toEqual([seconds])
  })

  it.each([
    ['a second before the deadline, where that comes sooner', 50, 9],
    ['after a second at the soonest', 59, 1],
  ])('is %s', async (_, age, seconds) => {
    const { control, ...first } = initialAdmission(['captchaai'])
    const waits = { userrecaptcha: { first: 15, interval: 5, fast: 0.5 } }
    const admission = { kind: 'admission', admission: { ...first, control: { ...control, waits } } } as const
    const fleet = smallFleet({ admission })
    fleet.send(recaptcha({ deadlineSeconds: 60 }), aged(fleet, age))
    await fleet.submit()
    expect(pollDelays(fleet)).toEqual([seconds])
  })

  it('is after a second where the table could not be told of the submit, so that the poll tells it', async () => {
    const fleet = smallFleet({
      tasks: (real) => ({
        ...real,
        apply: async (transition) => {
          if (transition.kind === 'submitted') throw new Error('no answer')
          return real.apply(transition)
        },
      }),
    })
    fleet.send(recaptcha())
    await fleet.submit()
    expect(pollDelays(fleet)).toEqual([1])
  })
})

describe('no paid call begins with too little time left', () => {
  const CALL_MS = (10 + WRITES_SECONDS) * 1000

  /** Hands one task to submit so long before the function is killed. */
  async function withTimeLeft(leftMs: number, options: SmallFleetOptions = {}) {
    const fleet = smallFleet(options)
    fleet.send(recaptcha({ taskId: 't' }))
    const messages = fleet.queues.tasks.receive(10)
    expect(await fleet.submitUseCase(messages, { id: 'i', endsAt: fleet.clock.now() + leftMs })).toEqual([])
    for (const { receipt } of messages) fleet.queues.tasks.remove(receipt)
    return fleet
  }

  it('a call and its writes just fit: the task is bought', async () => {
    expect(bought(await withTimeLeft(CALL_MS))).toEqual(['t'])
  })

  it('a millisecond less: it is neither claimed nor bought, and comes back in seconds', async () => {
    const fleet = await withTimeLeft(CALL_MS - 1)
    expect(bought(fleet)).toEqual([])
    expect(fleet.store.items.size).toBe(0)
    expect(fleet.queues.tasks.counts()).toEqual(counts(0, 0, 1))
    expect(taskDelays(fleet)[0]).toBeLessThanOrEqual(6)
  })

  it('the claim took the time: it is not bought, and its copy knows that the claimed attempt is unpaid', async () => {
    const world: { pass: (milliseconds: number) => Promise<void> } = { pass: async () => {} }
    const slow: SmallFleetOptions = {
      tasks: (real) => ({
        ...real,
        apply: async (transition) => {
          if (transition.kind === 'claim') await world.pass(1000)
          return real.apply(transition)
        },
      }),
    }
    const fleet = smallFleet(slow)
    world.pass = fleet.clock.sleep
    const id = fleet.send(recaptcha())
    const messages = fleet.queues.tasks.receive(10)
    await fleet.submitUseCase(messages, { id: 'i', endsAt: fleet.clock.now() + CALL_MS + 500 })
    expect(bought(fleet)).toEqual([])
    const copy = [...fleet.queues.tasks.held.values()].find(({ receiveCount }) => receiveCount === 0)
    expect(copy?.attributes.unpaid).toBe(fleet.store.items.get(id)?.attempt)
    for (const { receipt } of messages) fleet.queues.tasks.remove(receipt)
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('the time limit of the function leaves room for one call', () => {
    expect(workerTimeoutSeconds(10) * 1000).toBeGreaterThan(CALL_MS)
  })
})

describe('a provider that refuses us as a whole is left alone', () => {
  it.each([
    ['rate', 10],
    ['blocked', 60],
    ['funds', 60],
  ] as const)('class %s: for %i s, where it does not say how long', async (kind, seconds) => {
    const fleet = smallFleet(refusing({ class: kind }))
    fleet.send(recaptcha({ taskId: 'first', deadlineSeconds: 3600 }))
    await fleet.submit()
    await fleet.clock.advance(seconds * 1000 - 1)
    fleet.send(recaptcha({ taskId: 'early', deadlineSeconds: 3600 }))
    await fleet.submit()
    expect(bought(fleet)).not.toContain('early')
    await fleet.clock.advance(1)
    fleet.send(recaptcha({ taskId: 'in-time', deadlineSeconds: 3600 }))
    await fleet.submit()
    expect(bought(fleet)).toContain('in-time')
  })

  it.each(['capacity', 'transient', 'auth'] as const)('class %s: not at all', async (kind) => {
    const fleet = smallFleet(refusing({ class: kind }))
    fleet.send(recaptcha({ taskId: 'first' }))
    await fleet.submit()
    fleet.send(recaptcha({ taskId: 'second' }))
    await fleet.submit()
    expect(bought(fleet)).toEqual(['first', 'second'])
  })

  it('an HTTP error that says when to come back is honoured for its task', async () => {
    const failure = { class: 'transient', code: 'HTTP_503', message: 'No.', retryAfterSeconds: 42 } as const
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'httpError', failure }) } })
    fleet.send(recaptcha())
    await fleet.submit()
    expect(taskDelays(fleet)).toEqual([42])
  })
})

describe('two messages of one task in one batch', () => {
  it('are handled one after the other: where the first attempt is refused, the second message knows that, and buys', async () => {
    const failure = { class: 'capacity', code: 'C', message: 'No.' } as const
    const fleet = smallFleet({
      script: { submit: (_, n) => (n === 0 ? { kind: 'refused', failure } : { kind: 'accept' }) },
    })
    fleet.send(recaptcha({ taskId: 't' }))
    fleet.send(recaptcha({ taskId: 't' }))
    fleet.send(recaptcha({ taskId: 'another' }))
    await fleet.submit()
    expect(bought(fleet).sort()).toEqual(['another', 't', 't'])
    expect(fleet.outcomes.all()).toMatchObject([{ received: 3, accepted: 2, parked: 1, duplicates: 0 }])
  })
})

describe('a second message of a task in flight', () => {
  async function sentAgainAfter(seconds: number) {
    const sent: [QueueName, OutgoingMessage][] = []
    const fleet = smallFleet({
      script: { submit: () => ({ kind: 'accept', afterSeconds: 200 }) },
      sender: (real) => ({
        send: (queue, messages) => {
          sent.push(...messages.map((message): [QueueName, OutgoingMessage] => [queue, message]))
          return real.send(queue, messages)
        },
      }),
    })
    fleet.send(recaptcha({ taskId: 't' }))
    await fleet.submit()
    await fleet.clock.advance(seconds * 1000)
    fleet.send(recaptcha({ taskId: 't' }))
    await fleet.submit()
    expect(bought(fleet)).toEqual(['t'])
    return sent.filter(([queue]) => queue === 'polls').slice(1)
  }

  it('adds no poll message in the first minute after the submit', async () => {
    expect(await sentAgainAfter(59)).toEqual([])
  })

  it('adds one that is polled after a second from then on, in case the first one is lost', async () => {
    expect(await sentAgainAfter(60)).toMatchObject([['polls', { delaySeconds: 1 }]])
  })

  it('that is the same one, delivered twice, waits until the lease of the first worker has ended', async () => {
    const fleet = smallFleet({ provider: (real) => ({ ...real, submit: () => new Promise(() => {}) }) })
    const id = fleet.send(recaptcha())
    const messages = fleet.queues.tasks.receive(1)
    void fleet.submitUseCase(messages, fleet.run())
    await fleet.clock.advance(1000)
    fleet.queues.tasks.reveal(id)
    await fleet.submit()
    const item = fleet.store.items.get(id)
    if (item?.state !== 'claimed') throw new Error('not claimed')
    expect(taskDelays(fleet)).toEqual([Math.ceil((item.leaseUntil - fleet.clock.now()) / 1000)])
  })
})

describe('a task that cannot be handled', () => {
  it.each([
    [9, 0],
    [10, 1],
  ])('after %i receives there are %i dead letters', async (receives, letters) => {
    const fleet = smallFleet({
      sender: (real) => ({
        send: async (queue, messages) =>
          queue === 'deadLetters' ? real.send(queue, messages) : messages.map(() => false),
      }),
    })
    fleet.send(recaptcha({ deadlineSeconds: 3600 }))
    for (let i = 0; i < receives; i += 1) {
      await fleet.submit()
      await fleet.clock.advance(120_000)
    }
    expect(fleet.queues.deadLetters.held.size).toBe(letters)
    expect(fleet.queues.tasks.held.size).toBe(1 - letters)
  })

  it('because another worker changes it each time is given up at its tenth receive as well', async () => {
    const fleet = smallFleet({
      tasks: (real) => ({
        ...real,
        apply: async (event) =>
          event.kind === 'settleUnclaimed' ? { kind: 'refused', found: undefined } : real.apply(event),
      }),
    })
    const id = fleet.send(recaptcha({ taskId: 't', deadlineSeconds: 10 }), aged(fleet, 11))
    const failed: string[][] = []
    for (let i = 0; i < 10; i += 1) {
      failed.push(await fleet.submit())
      await fleet.clock.advance(120_000)
    }
    expect(failed).toEqual([...Array(9).fill([id]), []])
    const letters = [...fleet.queues.deadLetters.held.values()].map(({ attributes }) => attributes.reason)
    expect(letters).toEqual(['FAILED_REPEATEDLY: could not be handled in 10 receives'])
    // Nothing failed to be sent, so there is no fault.
    expect(fleet.total(({ faults }) => faults)).toBe(0)
    expect(fleet.total(({ deadLettered }) => deadLettered)).toBe(1)
  })

  it('stays in the queue where its dead letter cannot be sent either', async () => {
    const fleet = smallFleet({ sender: () => ({ send: async (_, messages) => messages.map(() => false) }) })
    fleet.send(recaptcha({ deadlineSeconds: 3600 }))
    for (let i = 0; i < 10; i += 1) {
      expect(await fleet.submit()).toHaveLength(1)
      await fleet.clock.advance(120_000)
    }
    expect(fleet.queues.tasks.held.size).toBe(1)
    expect(fleet.outcomes.all().map(({ faults, deadLettered }) => [faults, deadLettered])).toEqual(
      Array(10).fill([1, 0]),
    )
  })
})

describe('a send that fails for some messages of a batch, as SQS answers', () => {
  it('keeps their task messages, deletes those of their neighbours, and pays for each task once', async () => {
    let isDown = true
    const fleet = smallFleet({
      sender: (real) => ({
        send: async (queue, messages) => {
          const sentOf = async (message: OutgoingMessage) => {
            const isLost = isDown && queue === 'polls' && message.body.includes('"lost-')
            return isLost ? false : ((await real.send(queue, [message]))[0] ?? false)
          }
          return Promise.all(messages.map(sentOf))
        },
      }),
    })
    const ids = ['ok-1', 'lost-1', 'ok-2', 'lost-2']
    const messageIds = ids.map((taskId) => fleet.send(recaptcha({ taskId })))
    expect(await fleet.submit()).toEqual([messageIds[1], messageIds[3]])
    expect([...fleet.queues.tasks.held.keys()]).toEqual([messageIds[1], messageIds[3]])
    isDown = false
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(4)
    expect(fleet.total(({ faults }) => faults)).toBe(2)
    for (const taskId of ids) expect(fleet.resultsOf(taskId)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })
})
