import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WRITES_SECONDS } from '../../functions/contract/limits.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

/** A task whose first poll is due now. */
async function firstPoll(options: SmallFleetOptions = {}, task: Record<string, unknown> = {}) {
  const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 200 }) }, ...options })
  const id = fleet.send(recaptcha(task))
  await fleet.submit()
  await fleet.clock.advance(15_000)
  return { fleet, id }
}
const seconds = (at: number, now: number) => (at - now) / 1000
/** Seconds until each poll message may be received. */
const pollDelays = ({ queues, clock }: ReturnType<typeof smallFleet>) =>
  [...queues.polls.held.values()].map(({ visibleAt }) => seconds(visibleAt, clock.now()))

it('while the result of a solved task is sent, its place is given back and then its outcome item is written', async () => {
  const log: string[] = []
  const fleet = smallFleet({
    script: { submit: () => ({ kind: 'accept', afterSeconds: 10 }) },
    sender: (real) => ({
      async send(queue, messages) {
        for (let turn = 0; turn < 20; turn += 1) await nextTurn()
        if (queue === 'results') log.push('result sent')
        return real.send(queue, messages)
      },
    }),
  })
  fleet.send(recaptcha())
  await fleet.submit()
  const write = fleet.admission.write
  fleet.admission.write = (change) => {
    log.push('place given back')
    return write(change)
  }
  const record = fleet.outcomes.write
  fleet.outcomes.write = (item) => {
    log.push('outcome written')
    return record(item)
  }
  await fleet.clock.advance(15_000)
  await fleet.collect()
  expect(log).toEqual(['place given back', 'outcome written', 'result sent'])
})

describe('the polls of a task that is not solved', () => {
  it('come 15 s after its submit and then every 5 s, each once', async () => {
    const fleet = smallFleet({ script: { submit: () => ({ kind: 'accept', afterSeconds: 38 }) } })
    fleet.send(recaptcha({ taskId: 't' }))
    await fleet.submit()
    const began = fleet.clock.now()
    const polledAt: number[] = []
    while (fleet.results().length === 0) {
      const before = fleet.provider.polls.length
      await fleet.collect()
      if (fleet.provider.polls.length > before) polledAt.push(seconds(fleet.clock.now(), began))
      await fleet.clock.advance(1000)
    }
    expect(polledAt).toEqual([15, 20, 25, 30, 35, 40])
  })

  it('are told as slow from 90 s after the submit on, and not before', async () => {
    const { fleet } = await firstPoll()
    const slowAfter = async (until: number) => {
      while (fleet.clock.now() - (fleet.provider.ledger[0]?.at ?? 0) < until * 1000) {
        await fleet.collect()
        await fleet.clock.advance(1000)
      }
      return fleet.outcomes.all().filter(({ slow }) => slow.length > 0).length
    }
    expect(await slowAfter(90)).toBe(0)
    expect(await slowAfter(91)).toBe(1)
  })
})

describe('a poll message', () => {
  it('is renewed at the receive that the limit names, not before and not after', async () => {
    const { fleet } = await firstPoll({ renewAt: 3 })
    const ids: (string | undefined)[] = []
    for (let receives = 1; receives <= 4; receives += 1) {
      ids.push([...fleet.queues.polls.held.keys()][0])
      await fleet.collect()
      await fleet.clock.advance(5000)
    }
    const [first] = ids
    expect(ids.map((id) => id === first)).toEqual([true, true, true, false])
  })
})

describe('an outcome that cannot be written', () => {
  it.each([
    ['twice is written by the third try, half a second later', 2, 3, 1],
    ['is tried three times and no more', 99, 3, 0],
  ])('%s', async (_, failures, tries, written) => {
    let tried = 0
    let isCounting = false
    const { fleet } = await firstPoll({
      outcomes: (real) => ({
        ...real,
        write: async (item) => {
          if (!isCounting) return real.write(item)
          tried += 1
          if (tried <= failures) throw new Error('no answer')
          return real.write(item)
        },
      }),
    })
    isCounting = true
    const before = fleet.outcomes.all().length
    const began = fleet.clock.now()
    expect(await fleet.collect()).toHaveLength(1)
    expect(tried).toBe(tries)
    expect(fleet.outcomes.all().length - before).toBe(written)
    expect(fleet.clock.now() - began).toBe(500)
  })
})

describe('a poll that fails', () => {
  it.each([
    ['transient', 'says nothing', {}, 10],
    ['auth', 'says nothing', {}, 30],
    ['rate', 'asks for 44 s', { retryAfterSeconds: 44 }, 44],
  ] as const)(
    'with class %s, while the provider %s, is followed by one on a new message',
    async (kind, _, asked, next) => {
      const failure = { class: kind, code: 'C', message: 'No.', ...asked }
      const { fleet } = await firstPoll({
        script: {
          submit: () => ({ kind: 'accept', afterSeconds: 200 }),
          result: () => ({ kind: 'failed', failure }),
        },
      })
      expect(await fleet.collect()).toEqual([])
      expect(fleet.queues.polls.counts()).toEqual({ visible: 0, hidden: 0, delayed: 1 })
      expect(pollDelays(fleet)).toEqual([next])
    },
  )
})

describe('while the table does not answer', () => {
  it('nobody is asked, and each poll message comes back after 20 s', async () => {
    const { fleet } = await firstPoll()
    const messages = fleet.queues.polls.receive(10)
    const failed = await fleet.collectUseCase(messages, { ...fleet.run(), clockUnknown: true })
    for (const { receipt } of messages) fleet.queues.polls.remove(receipt)
    expect(failed).toEqual([])
    expect(fleet.provider.polls).toEqual([])
    expect(pollDelays(fleet)).toEqual([20])
  })
})

describe('a poll with too little time left', () => {
  const NEEDED_MS = (10 + WRITES_SECONDS) * 1000
  it.each([
    ['is made where the time is just enough', NEEDED_MS, 1],
    ['is not made, and the task is polled 5 s later, where a millisecond is missing', NEEDED_MS - 1, 0],
  ])('%s', async (_, leftMs, polls) => {
    const { fleet } = await firstPoll()
    const messages = fleet.queues.polls.receive(10)
    const endsAt = fleet.clock.now() + leftMs
    const failed = await fleet.collectUseCase(messages, { id: 'short', endsAt })
    expect(fleet.provider.polls).toHaveLength(polls)
    const [copy] = fleet.queues.polls.receive(10)
    expect([failed.length, copy]).toEqual([polls, undefined])
    for (const { receipt } of failed.length === 0 ? messages : []) fleet.queues.polls.remove(receipt)
    expect(pollDelays(fleet)).toEqual([5])
    expect(fleet.total(({ polled, faults }) => polled + faults)).toBe(polls)
  })
})

describe('a batch', () => {
  it('asks once for two copies of one poll message, and acknowledges the second', async () => {
    const { fleet } = await firstPoll()
    const [held] = fleet.queues.polls.held.values()
    fleet.queues.polls.send({ body: held?.body ?? '' })
    expect(await fleet.collect()).toEqual([held?.messageId])
    expect(fleet.provider.polls).toHaveLength(1)
  })

  it('asks about two attempts of one task, each of which may have been solved', async () => {
    const { fleet } = await firstPoll()
    const [held] = fleet.queues.polls.held.values()
    const poll = JSON.parse(held?.body ?? '')
    fleet.queues.polls.send({ body: JSON.stringify({ ...poll, item: { ...poll.item, attempt: 'the-other' } }) })
    await fleet.collect()
    expect(fleet.provider.polls).toHaveLength(2)
  })

  it('counts and logs what is no poll message, and nothing of its text', async () => {
    const fleet = smallFleet()
    fleet.queues.polls.send({ body: 'a secret' })
    expect(await fleet.collect()).toEqual([])
    expect(fleet.lines).toEqual([{ level: 'error', message: 'not a poll message', fields: { problems: 1 } }])
    expect(fleet.total(({ deadLettered }) => deadLettered)).toBe(1)
  })

  it('keeps what is no poll message while the table does not answer, and says so', async () => {
    const fleet = smallFleet()
    const { messageId } = fleet.queues.polls.send({ body: 'a secret' })
    const messages = fleet.queues.polls.receive(10)
    expect(await fleet.collectUseCase(messages, { ...fleet.run(), clockUnknown: true })).toEqual([messageId])
    expect(fleet.lines).toEqual([{ level: 'error', message: 'table unreachable, batch kept', fields: { messages: 1 } }])
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })
})

describe('a re-submit that the table does not know the submit of', () => {
  it('is tried again after 2 s more each time', async () => {
    const failure = { class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE', message: 'No.' } as const
    const { fleet } = await firstPoll({
      script: { result: () => ({ kind: 'failed', failure }) },
      tasks: (real) => ({
        ...real,
        apply: (event) => (event.kind === 'submitted' ? Promise.reject(new Error('down')) : real.apply(event)),
      }),
    })
    const waits: number[] = []
    for (let receives = 1; receives <= 3; receives += 1) {
      expect(await fleet.collect()).toHaveLength(1)
      const [wait = 0] = pollDelays(fleet)
      waits.push(wait)
      await fleet.clock.advance(wait * 1000)
    }
    expect(waits).toEqual([2, 4, 6])
  })
})

describe('a submit that the table does not know', () => {
  it('is recorded by a later poll, also after one that found the solution while the table was still silent', async () => {
    let isDown = true
    const { fleet, id } = await firstPoll({
      script: { submit: () => ({ kind: 'accept', afterSeconds: 1 }) },
      tasks: (real) => ({
        ...real,
        apply: (event) =>
          isDown && event.kind !== 'claim' ? Promise.reject(new Error('no answer')) : real.apply(event),
      }),
    })
    expect(await fleet.collect()).toEqual([])
    const copies = [...fleet.queues.polls.held.values()].map(({ body }) => JSON.parse(body).recorded)
    expect([copies, fleet.total(({ faults }) => faults)]).toEqual([[false], 1])
    isDown = false
    await fleet.clock.advance(5000)
    await fleet.collect()
    expect(fleet.lines.filter(({ message }) => message === 'submit recorded late')).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })
})

describe('a result that cannot be sent', () => {
  it('is tried again after 2 s more each time, at most 60 s apart, without another charge', async () => {
    let isDown = true
    const { fleet, id } = await firstPoll({
      script: { submit: () => ({ kind: 'accept', afterSeconds: 1 }) },
      sender: (real) => ({
        send: async (queue, messages) =>
          isDown && queue === 'results' ? messages.map(() => false) : real.send(queue, messages),
      }),
    })
    const waits: number[] = []
    for (let receives = 1; receives <= 35; receives += 1) {
      expect(await fleet.collect()).toHaveLength(1)
      const [wait = 0] = pollDelays(fleet)
      waits.push(wait)
      await fleet.clock.advance(wait * 1000)
    }
    expect(waits.slice(0, 3)).toEqual([2, 4, 6])
    expect(waits.slice(-6)).toEqual([60, 60, 60, 60, 60, 60])
    isDown = false
    await fleet.collect()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
    expect(fleet.total(({ solved }) => solved)).toBe(1)
  })
})

describe('a poll whose copy cannot be sent', () => {
  it.each([
    ['that is answered in time comes back at the next planned poll', 0, [5, 5]],
    ['that is answered after the next planned poll comes back after 2 s, and then 4 s, not at once', 8, [2, 4]],
  ])('%s', async (_, answerSeconds, expected) => {
    const world = { wait: async (_: number) => {}, isDown: false }
    // Renewed at once, so that each poll has a copy to send.
    const { fleet } = await firstPoll({
      renewAt: 1,
      provider: (real) => ({
        ...real,
        async result(captchaId) {
          await world.wait(answerSeconds * 1000)
          return real.result(captchaId)
        },
      }),
      sender: (real) => ({
        send: async (queue, messages) =>
          queue === 'polls' && world.isDown ? messages.map(() => false) : real.send(queue, messages),
      }),
    })
    world.wait = fleet.clock.sleep
    world.isDown = true
    const waits: number[] = []
    for (let receives = 1; receives <= 2; receives += 1) {
      expect(await fleet.collect()).toHaveLength(1)
      const [wait = 0] = pollDelays(fleet)
      waits.push(wait)
      await fleet.clock.advance(wait * 1000)
    }
    expect(waits).toEqual(expected)
  })
})

describe('one batch', () => {
  it('has written its outcome when it ends', async () => {
    const { fleet } = await firstPoll({
      script: { submit: () => ({ kind: 'accept', afterSeconds: 1 }) },
      // As a table is: it answers later.
      outcomes: (real) => ({ ...real, write: (item) => nextTurn().then(() => real.write(item)) }),
    })
    const messages = fleet.queues.polls.receive(10)
    const before = fleet.outcomes.all().length
    await fleet.collectUseCase(messages, fleet.run())
    expect(fleet.outcomes.all().slice(before)).toMatchObject([{ function: 'collect', solved: 1 }])
  })

  it('sends what stands for money first: poll messages, then tasks, then results', async () => {
    const order: string[] = []
    const answers = ['solved', 'transient', 'unsolvable'] as const
    const fleet = smallFleet({
      script: {
        submit: () => ({ kind: 'accept', afterSeconds: 1 }),
        result: (_id, _charge, n) => {
          const kind = answers[n] ?? 'solved'
          if (kind === 'solved') return { kind, solution: 'token' }
          return { kind: 'failed', failure: { class: kind, code: 'C', message: 'No.' } }
        },
      },
      sender: (real) => ({
        send: (queue, messages) => {
          order.push(`${queue} ${messages.length}`)
          return real.send(queue, messages)
        },
      }),
    })
    for (const taskId of answers) fleet.send(recaptcha({ taskId }))
    await fleet.submit()
    await fleet.clock.advance(15_000)
    order.length = 0
    await fleet.collect()
    expect(order).toEqual(['polls 1', 'tasks 1', 'results 1'])
  })
})
