import { describe, expect, it } from 'vitest'
import type { MessageSender, TaskStore } from '../../functions/core/ports.ts'
import type { TaskTransition } from '../../functions/core/task/lifecycle.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

/** Fails the writes that `when` picks; `applied`: after they took place. */
const failing =
  (when: (event: TaskTransition) => boolean, applied = false) =>
  (real: TaskStore): TaskStore => ({
    ...real,
    async apply(event) {
      if (!when(event)) return real.apply(event)
      if (applied) await real.apply(event)
      throw new Error('table trouble')
    },
  })

const mute =
  (queue: string, times: number) =>
  (real: MessageSender): MessageSender => {
    let left = times
    return {
      send: async (to, messages) => (to === queue && left-- > 0 ? messages.map(() => false) : real.send(to, messages)),
    }
  }

describe('when the table or a queue fails', () => {
  it('crash before the claim: retried; no charge yet (row 5); DynamoDB throttled or down before the paid call: fail closed: no submit (row 49)', async () => {
    let down = true
    const fleet = smallFleet({ tasks: failing((e) => down && e.kind === 'claim') })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(20_000)
    await fleet.submit()
    expect(fleet.provider.submits).toHaveLength(0)
    down = false
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('provider answered, table write fails: retried within a budget; then the id still travels; no re-submit (rows 8, 50)', async () => {
    let down = true
    const fleet = smallFleet({ tasks: failing((e) => down && e.kind === 'submitted') })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    expect(fleet.store.items.get(id)).toMatchObject({ state: 'claimed' })
    const [charge] = fleet.provider.ledger
    expect(fleet.lines.find((l) => l.message === 'submit not recorded')?.fields.captchaId).toBe(charge?.captchaId)
    down = false
    await fleet.clock.advance(1000)
    await fleet.collect()
    expect(fleet.store.items.get(id)).toMatchObject({ state: 'submitted', captchaId: charge?.captchaId, charges: 1 })
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('a submit that a poll recorded late is recorded once, however many polls follow', async () => {
    let down = true
    const writes: string[] = []
    const inner = failing((e) => down && e.kind === 'submitted')
    const fleet = smallFleet({
      script: { submit: () => ({ kind: 'accept', afterSeconds: 62 }) },
      tasks: (real) => {
        const tasks = inner(real)
        const apply: typeof tasks.apply = (event, leftMs) => {
          if (!down) writes.push(event.kind)
          return tasks.apply(event, leftMs)
        }
        return { ...tasks, apply }
      },
    })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(1000)
    await fleet.collect()
    down = false
    await fleet.drain()
    expect(fleet.provider.polls.length).toBeGreaterThan(10)
    expect(writes).toEqual(['submitted', 'settle'])
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it.each([
    // Writing it was tried for three seconds.
    ['by the poll after a second: the next one comes when any task is first polled', 0, [4, 15, 20, 25]],
    ['by a later poll: until then it is tried at every interval', 1, [4, 9, 15, 20, 25]],
  ])('a submit that is recorded %s', async (_, pollsWhileDown, seconds) => {
    let down = true
    const polledAt: number[] = []
    const fleet = smallFleet({
      script: {
        submit: () => ({ kind: 'accept', afterSeconds: 22 }),
        result: (_id, charge) => {
          polledAt.push(Math.round((fleet.clock.now() - (charge?.at ?? 0)) / 1000))
          return null
        },
      },
      tasks: failing((e) => down && e.kind === 'submitted'),
    })
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(1000)
    if (pollsWhileDown > 0) await fleet.collect()
    down = false
    await fleet.drain()
    expect(polledAt).toEqual(seconds)
    expect(fleet.results()).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('a conditional write failed although it was applied: recognised as our own by attempt id (row 11)', async () => {
    let failures = 0
    const once = (e: TaskTransition) => e.kind === 'submitted' && failures++ === 0
    const fleet = smallFleet({ tasks: failing(once, true) })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('a claim was applied and reported as failed for good: nothing was paid, and nothing counts as paid (rows 6, 11)', async () => {
    let failures = 0
    const fleet = smallFleet({ rebuyUnknown: 0, tasks: failing((e) => e.kind === 'claim' && failures++ < 3, true) })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(failures).toBeGreaterThanOrEqual(3)
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('a refused submit whose claim could not be released is known to be unpaid all the same', async () => {
    const capacity = { class: 'capacity', code: 'ERROR_NO_SLOT_AVAILABLE', message: 'No free slot.' } as const
    const fleet = smallFleet({
      rebuyUnknown: 0,
      tasks: failing((e) => e.kind === 'release'),
      script: { submit: (_, n) => (n === 0 ? { kind: 'refused', failure: capacity } : { kind: 'accept' }) },
    })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('SQS send of the poll message fails: message redelivered; the claim’s provider id is used, not a new submit (row 51)', async () => {
    const fleet = smallFleet({ sender: mute('polls', 1) })
    const id = fleet.send(recaptcha())
    const failed = await fleet.submit()
    expect(failed).toEqual([id])
    await fleet.drain()
    expect(fleet.provider.ledger).toHaveLength(1)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', attempts: 1 }])
  })

  it('settled, and the result could not be sent: it is sent when the poll message comes back', async () => {
    const fleet = smallFleet({ sender: mute('results', 1) })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', solution: expect.any(String) }])
    expect(fleet.total((o) => o.solved)).toBe(1)
  })

  it('Lambda is killed at its time limit mid-call: no new paid call starts without enough time left (row 10)', async () => {
    const fleet = smallFleet()
    fleet.send(recaptcha())
    const messages = fleet.queues.tasks.receive(1)
    await fleet.submitUseCase(messages, { id: 'short', endsAt: fleet.clock.now() + 13_000 })
    expect(fleet.provider.submits).toHaveLength(0)
    expect(fleet.store.items.size).toBe(0)
  })

  it('an invocation that settled and died before its outcome was written is counted by the redelivery, once', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(15_000)
    const write = fleet.outcomes.write
    fleet.outcomes.write = () => new Promise(() => {})
    const messages = fleet.queues.polls.receive(10)
    void fleet.collectUseCase(messages, fleet.run())
    await fleet.clock.advance(1)
    fleet.outcomes.write = write
    expect(fleet.store.items.get(id)).toMatchObject({ state: 'solved' })
    expect(fleet.total((o) => o.solved)).toBe(0)
    await fleet.drain()
    expect(fleet.total((o) => o.solved)).toBe(1)
    expect(new Set(fleet.resultsOf(id).map((r) => JSON.stringify(r))).size).toBe(1)
  })
})
