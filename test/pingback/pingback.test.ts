import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it, test } from 'vitest'
import { handedOver } from '../../functions/core/task/accounting.ts'
import { readPingbackPath } from '../../functions/core/task/pingback-address.ts'
import { factsOf, type OpenItem, type SubmittedItem, type TaskItem } from '../../functions/core/task/task.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'
import { storedResultOf } from '../stores/builders.ts'

const claimed = (item: SubmittedItem): OpenItem => ({
  ...{ ...factsOf(item), state: 'claimed', leaseUntil: NOON + 60_000, provider: item.provider },
})
const lostWith = ({ attempt }: SubmittedItem) => [{ attempt: 'before' }, { attempt }]
const inFlight = ({ admission }: ReturnType<typeof smallFleet>) => {
  const found = admission.stored()
  return found.kind === 'admission' ? found.admission.counts.inFlight : null
}

/** A submitted task whose provider is ready after so many seconds, and the call it makes then. */
async function paidTask(afterSeconds = 5, options: SmallFleetOptions = {}) {
  const fleet = smallFleet({ pingback: true, script: { submit: () => ({ kind: 'accept', afterSeconds }) }, ...options })
  const id = fleet.send(recaptcha())
  await fleet.clock.advance(3000)
  await fleet.submit()
  const [charge] = fleet.provider.ledger
  const called = readPingbackPath(new URL(charge?.pingbackUrl ?? '').pathname)
  if (called === null || charge === undefined) throw new Error('no address was given to the provider')
  const outcomes = () => fleet.outcomes.all().filter((one) => one.function === 'pingback')
  const call = (changes: Partial<typeof called> = {}, captchaId = charge.captchaId) =>
    fleet.pingback({ ...called, ...changes }, captchaId, fleet.run())
  const snapshot = () => JSON.stringify([[...fleet.store.items], fleet.results(), fleet.outcomes.all()])
  return { fleet, id, call, called, charge, outcomes, snapshot }
}

describe('a call that is believed', () => {
  it('settles the task by what the provider then says itself, and its result is sent before it is counted', async () => {
    const order: string[] = []
    let counted = () => 0
    const { fleet, id, call, charge, outcomes } = await paidTask(5, {
      sender: (real) => ({
        send: (queue, messages) => {
          order.push(`${queue} after ${counted()}`)
          return real.send(queue, messages)
        },
      }),
    })
    counted = () => outcomes().length
    await fleet.clock.advance(5000)
    await call()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', solution: expect.any(String), attempts: 1 }])
    expect(fleet.resultsOf(id)).toMatchObject([{ submittedAt: new Date(charge.at).toISOString() }])
    expect(outcomes()).toMatchObject([{ solved: 1, accepted: 0 }])
    expect(inFlight(fleet)).toBe(0)
    expect(fleet.lines.at(-1)).toEqual({ level: 'info', message: 'pingback', fields: { taskId: id, settled: true } })
    expect(order.at(-1)).toBe('results after 0')
    await fleet.drain()
    expect(fleet.resultsOf(id)).toHaveLength(1)
    expect(fleet.total((one) => one.solved)).toBe(1)
  })

  it('has written its outcome when it ends, for Lambda stops the process then', async () => {
    const { fleet, call, outcomes } = await paidTask(5, {
      outcomes: (real) => ({ ...real, write: (item) => nextTurn().then(() => real.write(item)) }),
    })
    await fleet.clock.advance(5000)
    await call()
    expect(outcomes()).toMatchObject([{ solved: 1 }])
  })

  it('early: the provider says pending, nothing is settled or written, and the poll message does it', async () => {
    const { fleet, id, call, snapshot } = await paidTask(20)
    const before = snapshot()
    await call()
    expect(snapshot()).toBe(before)
    expect([fleet.provider.polls.length, inFlight(fleet)]).toEqual([1, 1])
    expect(fleet.lines.at(-1)).toEqual({ level: 'info', message: 'pingback', fields: { taskId: id, settled: false } })
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved' }])
    expect(fleet.counted).toEqual([])
  })

  it('late: usableUntil reckons from ten seconds before the call at most, never from the call', async () => {
    const { fleet, id, call } = await paidTask(40)
    await fleet.clock.advance(48_000)
    await call()
    const [result] = fleet.resultsOf(id)
    const began = Date.parse(result?.submittedAt ?? '')
    expect(Date.parse(result?.usableUntil ?? '') - began).toBe(38_000 + 120_000)
  })

  it('after the deadline: nothing is solved; what it settles is the expiry', async () => {
    const { fleet, id, call } = await paidTask(299)
    await fleet.clock.advance(301_000)
    await call()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired' }])
    expect(fleet.total((one) => one.late)).toBe(1)
  })

  it('about an attempt whose answer was lost: settles the task while the next attempt has not been made', async () => {
    const fleet = smallFleet({ pingback: true, script: { submit: () => ({ kind: 'loseCharged', afterSeconds: 1 }) } })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    const [charge] = fleet.provider.ledger
    await fleet.clock.advance(2000)
    await fleet.pingback(
      readPingbackPath(new URL(charge?.pingbackUrl ?? '').pathname),
      charge?.captchaId ?? '',
      fleet.run(),
    )
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', captchaId: charge?.captchaId }])
    // Else more tasks would be settled than were ever accepted, and places of others taken for places of nobody.
    expect([fleet.total(({ accepted }) => accepted), fleet.total(({ solved }) => solved)]).toEqual([1, 1])
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
  })

  it.each<[string, SmallFleetOptions, number]>([
    ['where there is one provider, it had the attempt, and is asked', {}, 1],
    ['where there are two, the other may have another task under that id: nobody is asked', { backup: {} }, 0],
  ])('about a lost attempt of which the table does not know who had it: %s', async (_, options, polls) => {
    const { fleet, id, call, called } = await paidTask(5, options)
    const item = fleet.store.items.get(id)
    if (item === undefined || item.state !== 'submitted') throw new Error('not submitted')
    const lost = [{ attempt: called.attempt }]
    fleet.store.items.set(id, { ...item, state: 'claimed', attempt: 'the-next', lost, leaseUntil: 0 })
    await fleet.clock.advance(5000)
    await call()
    expect([fleet.provider.polls.length, fleet.backup.polls.length]).toEqual([polls, 0])
    expect(fleet.resultsOf(id)).toHaveLength(polls)
  })

  it.each<[string, (item: SubmittedItem) => OpenItem, object, number]>([
    [
      'whose worker has not recorded the submit yet: its charge is told all the same',
      (item) => ({ ...claimed(item), charges: 0 }),
      { attempts: 1 },
      0,
    ],
    [
      'that went on after another one was lost: only the lost one counts as accepted by its callback',
      (item) => ({ ...item, charges: 2, lost: [{ attempt: 'before', provider: item.provider }] }),
      { attempts: 2 },
      0,
    ],
    [
      'that was lost, and no other one is made yet: its charge is in the table already, and it counts as accepted',
      (item) => ({
        ...factsOf(item),
        state: 'unknown',
        charges: 1,
        uncertainCharges: 1,
        lost: [{ attempt: item.attempt }],
      }),
      { attempts: 1 },
      1,
    ],
    [
      'that was lost after another one, and no other one is made yet: two charges',
      (item) => ({ ...factsOf(item), state: 'unknown', charges: 2, uncertainCharges: 2, lost: lostWith(item) }),
      { attempts: 2 },
      1,
    ],
    [
      'that was lost among others, and the next one is under way: it counts as accepted, and what is under way as a charge',
      (item) => ({ ...claimed(item), attempt: 'the-next', charges: 2, lost: lostWith(item) }),
      { attempts: 3 },
      1,
    ],
    [
      'that was lost, and the next one was submitted: nothing is known of its submit but that it came after the message',
      (item) => ({
        ...item,
        ...{ attempt: 'the-next', captchaId: '7999999999', submittedAt: NOON + 4000, charges: 3, lost: lostWith(item) },
      }),
      { attempts: 3, submittedAt: new Date(NOON).toISOString() },
      1,
    ],
  ])('about an attempt %s', async (_, change, expected, accepted) => {
    const { fleet, id, call, charge, outcomes } = await paidTask()
    const item = fleet.store.items.get(id)
    if (item === undefined || item.state !== 'submitted') throw new Error('not submitted')
    fleet.store.items.set(id, change(item))
    await fleet.clock.advance(5000)
    await call()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', captchaId: charge.captchaId, ...expected }])
    expect(outcomes()).toMatchObject([{ solved: 1, accepted, faults: 0 }])
  })

  it('about a lost attempt, which finds that another callback settled the task and crashed: the attempt that settled it is polled, by a message that cannot buy again', async () => {
    let stale: TaskItem | undefined
    const { fleet, id, call, outcomes } = await paidTask(5, {
      tasks: (real) => ({ ...real, read: async (taskId) => stale ?? real.read(taskId) }),
    })
    const item = fleet.store.items.get(id)
    if (item === undefined || item.state !== 'submitted') throw new Error('not submitted')
    stale = { ...item, attempt: 'the-next', lost: lostWith(item) }
    const { solution: _, ...result } = storedResultOf(id, { captchaId: '7999999999' })
    const settled = {
      ...factsOf(stale),
      state: 'solved',
      result,
      settledAt: fleet.clock.now(),
      settledBy: 'the-next',
    } as const
    fleet.store.items.set(id, { ...settled, accounting: handedOver(fleet.clock.now()) })
    await fleet.clock.advance(5000)
    await call()
    const polls = [...fleet.queues.polls.held.values()].map(({ body }) => JSON.parse(body))
    expect(polls).toMatchObject([
      {},
      { body: '', recorded: true, item: { attempt: 'the-next', captchaId: '7999999999' } },
    ])
    expect(fleet.results()).toEqual([])
    expect(outcomes()).toMatchObject([{ solved: 1, late: 1, accepted: 1, faults: 0 }])
    expect(inFlight(fleet)).toBe(1)
  })

  it('with the captcha id of another task: the provider is not asked about it, and nothing is settled or written', async () => {
    const { fleet, call, snapshot } = await paidTask()
    await fleet.clock.advance(5000)
    const before = snapshot()
    await call({}, '7999999999')
    expect(fleet.provider.polls).toEqual([])
    expect(snapshot()).toBe(before)
  })

  it('whose result cannot be sent: tried for two seconds, its place given back at once, then handed over with the counting to the task’s own messages', async () => {
    let isDown = false
    let tries = 0
    const { fleet, id, call, outcomes } = await paidTask(5, {
      sender: (real) => ({
        send: async (queue, messages) => {
          if (!isDown || queue !== 'results') return real.send(queue, messages)
          tries++
          return messages.map(() => false)
        },
      }),
    })
    await fleet.clock.advance(5000)
    isDown = true
    const began = fleet.clock.now()
    await call()
    expect(tries).toBe(8)
    expect(fleet.clock.now() - began).toBeLessThanOrEqual(2000)
    expect(outcomes()).toEqual([])
    expect(inFlight(fleet)).toBe(0)
    expect(fleet.store.items.get(id)).toMatchObject({
      state: 'solved',
      accounting: { invocation: null, resultMayBeUnsent: true },
    })
    isDown = false
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', solution: expect.any(String) }])
    expect(fleet.total((one) => one.solved)).toBe(1)
  })

  it('that finds the table silent when it settles: a fault is counted, and the poll message settles the task', async () => {
    let isDown = false
    const { fleet, id, call, outcomes } = await paidTask(5, {
      tasks: (real) => ({
        ...real,
        apply: async (event) => {
          if (isDown) throw new Error('down')
          return real.apply(event)
        },
      }),
    })
    await fleet.clock.advance(5000)
    isDown = true
    await call()
    expect(outcomes()).toMatchObject([{ faults: 1, solved: 0 }])
    isDown = false
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved' }])
  })
})

describe('a result that a callback could not send', () => {
  it.each<[string, 'results' | 'table']>([
    ['and could not hand over, for the table did not answer', 'results'],
    ['because it does not know that its settlement was written', 'table'],
  ])('%s: the poll message sends it, and it is counted once', async (_, down) => {
    let isDown = false
    const { fleet, id, call } = await paidTask(5, {
      sender: (real) => ({
        send: async (queue, messages) =>
          isDown && down === 'results' ? messages.map(() => false) : real.send(queue, messages),
      }),
      tasks: (real) => ({
        ...real,
        async apply(event) {
          const answer = isDown && event.kind === 'transferAccounting' ? null : await real.apply(event)
          if (answer === null || (isDown && down === 'table')) throw new Error('no answer')
          return answer
        },
      }),
    })
    await fleet.clock.advance(5000)
    isDown = true
    await call()
    isDown = false
    expect([fleet.store.items.get(id)?.state, fleet.results()]).toEqual(['solved', []])
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', solution: expect.any(String), attempts: 1 }])
    expect([fleet.total(({ solved }) => solved), fleet.total(({ faults }) => faults)]).toEqual([1, 1])
    expect(inFlight(fleet)).toBe(down === 'results' ? 0 : 1)
  })

  /** The hand-over's first write is refused, and then this stands in the table; `gone`: no item does. */
  it.each([
    ['is counted by the callback where the hand-over is refused though the settlement is its own', null, 1],
    ['is counted by the callback where the hand-over finds no item any more', 'gone', 1],
    ['is not counted by it where another invocation has taken it over since', 'invocation-of-another', 0],
  ])('%s', async (_, owner, counted) => {
    let isDown = false
    const { fleet, id, call, outcomes } = await paidTask(5, {
      sender: (real) => ({
        send: async (queue, messages) => (isDown ? messages.map(() => false) : real.send(queue, messages)),
      }),
      tasks: (real) => ({
        ...real,
        async apply(event) {
          if (event.kind !== 'transferAccounting') return real.apply(event)
          if (owner === 'gone') return { kind: 'refused', found: undefined }
          const found = await real.read(event.taskId)
          if (found === undefined || !('accounting' in found)) throw new Error('not settled')
          const invocation = owner ?? found.accounting.invocation
          return { kind: 'refused', found: { ...found, accounting: { ...found.accounting, invocation } } }
        },
      }),
    })
    await fleet.clock.advance(5000)
    isDown = true
    await call()
    expect(outcomes().map(({ solved }) => solved)).toEqual(counted === 0 ? [] : [1])
    expect(fleet.lines.filter(({ level }) => level === 'error')).toEqual([
      { level: 'error', message: 'result of a pingback not sent', fields: { taskId: id } },
    ])
  })
})

describe('a call that is not believed', () => {
  it('about a task that the table does not have is forged, even if the secrets seemed equal', async () => {
    const compared: [string, string][] = []
    const { fleet, call } = await paidTask(5, {
      same: (a, b) => {
        compared.push([a, b])
        return true
      },
    })
    await call({ taskId: 'nobody', token: 'x' })
    expect(compared).toEqual([['', 'x']])
    expect(fleet.counted).toEqual([{ name: 'PingbacksRefused', value: 1 }])
  })

  it('about an attempt that is not among the lost ones is forged', async () => {
    const { fleet, call } = await paidTask(5, {
      script: { submit: (_, n) => (n === 0 ? { kind: 'loseCharged', afterSeconds: 5 } : { kind: 'accept' }) },
    })
    await fleet.clock.advance(5000)
    await call({ attempt: 'a'.repeat(32) })
    expect([fleet.provider.polls, fleet.counted.length]).toEqual([[], 1])
  })

  it.each([
    ['an unknown task', { taskId: 'nobody' }],
    ['a wrong secret', { token: 'f'.repeat(32) }],
    ['an empty secret', { token: '' }],
    ['an attempt that the task never had', { attempt: 'a'.repeat(32) }],
  ])('%s: no provider is asked, nothing is written, and it is counted', async (_, changes) => {
    const { fleet, call, snapshot } = await paidTask()
    await fleet.clock.advance(5000)
    const before = snapshot()
    await call(changes)
    expect(fleet.provider.polls).toEqual([])
    expect(snapshot()).toBe(before)
    expect(fleet.counted).toEqual([{ name: 'PingbacksRefused', value: 1 }])
  })

  it('no address of ours, or no captcha id: the table is not even read', async () => {
    let reads = 0
    const { fleet, call, snapshot } = await paidTask(5, {
      tasks: (real) => ({
        ...real,
        read: async (id) => {
          reads++
          return real.read(id)
        },
      }),
    })
    const before = snapshot()
    await fleet.pingback(null, '7000000000', fleet.run())
    expect(fleet.counted).toEqual([{ name: 'PingbacksRefused', value: 1 }])
    await call({}, '')
    await fleet.clock.advance(60_000)
    await call({}, '')
    expect(fleet.counted.map(({ value }) => value)).toEqual([1, 2])
    expect([reads, snapshot()]).toEqual([0, before])
  })

  it('is judged by the comparison in constant time, with the secret of the item and the one of the call', async () => {
    const compared: [string, string][] = []
    const { fleet, call, called, id } = await paidTask(5, {
      same: (a, b) => {
        compared.push([a, b])
        return false
      },
    })
    await fleet.clock.advance(5000)
    await call()
    expect(compared).toEqual([[called.token, called.token]])
    expect(fleet.resultsOf(id)).toEqual([])
  })

  it('a thousand of them in a minute are one count, and the next one a minute later tells of the others', async () => {
    const { fleet, call } = await paidTask()
    for (let n = 0; n < 1000; n++) await call({ token: 'f'.repeat(32) })
    expect(fleet.counted).toEqual([{ name: 'PingbacksRefused', value: 1 }])
    await fleet.clock.advance(60_000)
    await call({ token: 'f'.repeat(32) })
    expect(fleet.counted.map(({ value }) => value)).toEqual([1, 1000])
    expect(fleet.lines.filter(({ message }) => message === 'pingback')).toEqual([])
  })

  it('a replay after the task was settled: nothing is written or asked, and it is counted apart', async () => {
    const { fleet, id, call, snapshot } = await paidTask()
    await fleet.clock.advance(5000)
    await call()
    const before = snapshot()
    const polls = fleet.provider.polls.length
    for (let n = 0; n < 3; n++) await call()
    expect(snapshot()).toBe(before)
    expect(fleet.provider.polls).toHaveLength(polls)
    expect([fleet.resultsOf(id).length, fleet.counted]).toEqual([1, [{ name: 'PingbacksRepeated', value: 1 }]])
    await fleet.clock.advance(60_000)
    for (let n = 0; n < 500; n++) await call()
    expect(fleet.counted.map(({ value }) => value)).toEqual([1, 3])
  })

  it('while the table does not answer, nobody knows: nothing is written or counted', async () => {
    let isDown = false
    const { fleet, call, snapshot } = await paidTask(5, {
      tasks: (real) => ({
        ...real,
        read: async (id) => {
          if (isDown) throw new Error('down')
          return real.read(id)
        },
      }),
    })
    const before = snapshot()
    isDown = true
    await call()
    expect([snapshot(), fleet.counted]).toEqual([before, []])
    expect(fleet.lines.at(-1)).toEqual({ level: 'error', message: 'pingback not followed', fields: { error: 'Error' } })
  })

  it('nor is anything done by a worker that does not know the time', async () => {
    const { fleet, called, charge, snapshot } = await paidTask()
    await fleet.clock.advance(5000)
    const before = snapshot()
    await fleet.pingback(called, charge.captchaId, { ...fleet.run(), clockUnknown: true })
    await fleet.pingback(null, charge.captchaId, { ...fleet.run(), clockUnknown: true })
    expect([snapshot(), fleet.provider.polls, fleet.counted]).toEqual([before, [], []])
  })
})

test('forged token, unknown task, replay, wrong state: no change, same status and latency, counted (row 29)', async () => {
  const requests: string[] = []
  const noted =
    <A extends unknown[], R>(name: string, real: (...args: A) => R) =>
    (...args: A): R => {
      requests.push(name)
      return real(...args)
    }
  const world = await paidTask(5, {
    tasks: (real) => ({ read: noted('read', real.read), apply: noted('apply', real.apply) }),
    sender: (real) => ({ send: noted('send', real.send) }),
    outcomes: (real) => ({ ...real, write: noted('outcome', real.write) }),
  })
  const { fleet, call, snapshot } = world
  /** What a call costs and answers; the caller waits for exactly that. */
  const seen = async (make: () => Promise<unknown>) => {
    const [before, polls, began] = [snapshot(), fleet.provider.polls.length, fleet.clock.now()]
    requests.length = 0
    const answer = await make()
    const changed = snapshot() !== before || fleet.provider.polls.length !== polls
    return { answer, changed, requests: [...requests], milliseconds: fleet.clock.now() - began }
  }
  const wrong = [
    await seen(() => call({ token: 'f'.repeat(32) })),
    await seen(() => call({ taskId: 'nobody' })),
    await seen(() => call({ attempt: 'a'.repeat(32) })),
  ]
  await fleet.clock.advance(5000)
  await call()
  const replayed = [await seen(() => call()), await seen(() => call({}, '7999999999'))]
  const same = { answer: undefined, changed: false, requests: ['read'], milliseconds: 0 }
  expect([...wrong, ...replayed]).toEqual([same, same, same, same, same])
  await fleet.clock.advance(60_000)
  await call({ token: 'f'.repeat(32) })
  await call()
  const sum = (name: string) => fleet.counted.reduce((all, one) => all + (one.name === name ? one.value : 0), 0)
  expect({ refused: sum('PingbacksRefused'), repeated: sum('PingbacksRepeated') }).toEqual({ refused: 4, repeated: 3 })
})
