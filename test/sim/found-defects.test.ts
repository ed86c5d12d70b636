import { describe, expect, it } from 'vitest'
import type { TaskStore } from '../../functions/core/ports.ts'
import { makeRecordOutcome } from '../../functions/worker/record-outcome.ts'
import { memoryClock } from '../../sim/memory/clock.ts'
import { memoryLog } from '../../sim/memory/log.ts'
import { memoryOutcomeStore } from '../../sim/memory/outcome-store.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

/** Each of these was found by the simulation; see also sim/fleet/run/regression-seeds.ts. */

const TRANSIENT = {
  kind: 'failed',
  failure: { class: 'transient', code: 'HTTP_502', message: 'bad gateway' },
} as const

describe('defects that the simulation found', () => {
  it('two poll messages of one task in one batch settle it once and count it once', async () => {
    const fleet = smallFleet()
    const id = fleet.send(recaptcha({ reply: 'both' }))
    await fleet.submit()
    const [pollMessage] = fleet.queues.polls.held.values()
    fleet.queues.polls.send({ body: pollMessage?.body ?? '', delaySeconds: 15 })
    await fleet.clock.advance(15_000)
    await fleet.collect()
    expect(fleet.total(({ solved }) => solved)).toBe(1)
    await fleet.drain()
    expect(fleet.total(({ solved }) => solved)).toBe(1)
    const [first, ...others] = fleet.resultsOf(id)
    for (const other of others) expect(other).toEqual(first)
  })

  it('two deliveries of one lapsed task in one batch settle it once and count it once', async () => {
    const fleet = smallFleet({ rebuyUnknown: 0, script: { submit: () => ({ kind: 'lose' }) } })
    const id = fleet.send(recaptcha())
    await fleet.submit({ keep: true })
    const [message] = fleet.queues.tasks.held.values()
    const { body = '', attributes = {} } = message ?? {}
    fleet.queues.tasks.send({ body, attributes: { ...attributes, taskId: id, origin: id } })
    await fleet.clock.advance(120_000)
    await fleet.submit()
    await fleet.drain()
    expect(fleet.total(({ failed }) => failed)).toBe(1)
    expect(fleet.provider.submits).toHaveLength(1)
  })

  it('a result whose send failed is delivered when the deadline has passed meanwhile', async () => {
    let refuse = true
    const fleet = smallFleet({
      sender: (real) => ({
        send: (queue, messages) =>
          queue === 'results' && refuse ? Promise.resolve(messages.map(() => false)) : real.send(queue, messages),
      }),
    })
    const id = fleet.send(recaptcha({ deadlineSeconds: 30 }))
    await fleet.submit()
    await fleet.clock.advance(15_000)
    await fleet.collect()
    await fleet.clock.advance(60_000)
    refuse = false
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved', solution: expect.any(String) }])
  })

  it('a settlement that took place and was answered with an error is counted, once', async () => {
    let lost = 0
    const tasks = (real: TaskStore): TaskStore => ({
      ...real,
      async apply(event) {
        const applied = await real.apply(event)
        if (event.kind !== 'settle' || ++lost > 2) return applied
        throw new Error('the answer was lost')
      },
    })
    const fleet = smallFleet({ tasks })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    expect(lost).toBe(3)
    expect([fleet.total(({ solved }) => solved), fleet.resultsOf(id).length]).toEqual([1, 1])
  })

  it('usableUntil does not reckon from a look that was not answered (row 17)', async () => {
    let polls = 0
    const script = { result: () => (++polls < 4 ? TRANSIENT : null) }
    const fleet = smallFleet({ script: { ...script, submit: () => ({ kind: 'accept', afterSeconds: 1 }) } })
    const id = fleet.send(recaptcha())
    await fleet.drain()
    const [result] = fleet.resultsOf(id)
    const { readyAt = 0 } = fleet.provider.ledger[0] ?? {}
    expect(polls).toBe(4)
    expect(Date.parse(result?.usableUntil ?? '')).toBeLessThanOrEqual(readyAt + 120_000)
  })

  it('a re-submit whose first submit the table never heard of comes back, and the task is not dropped', async () => {
    let deaf = true
    const tasks = (real: TaskStore): TaskStore => ({
      ...real,
      async apply(event) {
        if (deaf && event.kind === 'submitted') throw new Error('down')
        return real.apply(event)
      },
    })
    const unsolvable = { class: 'unsolvable', code: 'ERROR_CAPTCHA_UNSOLVABLE', message: 'nobody could' } as const
    const fleet = smallFleet({
      tasks,
      script: { result: (_, __, n) => (n < 2 ? { kind: 'failed', failure: unsolvable } : null) },
    })
    const id = fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(2000)
    await fleet.collect()
    expect(fleet.queues.polls.held.size + fleet.queues.tasks.held.size).toBe(1)
    deaf = false
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'solved' }])
  })

  it('an outcome item that comes so late that another invocation counts in its place is given up', async () => {
    const clock = memoryClock(undefined, { skip: true })
    const outcomes = memoryOutcomeStore()
    const { log, lines } = memoryLog()
    let down = true
    const write = outcomes.write
    const flaky = { ...outcomes, write: (item: Parameters<typeof write>[0]) => (down ? Promise.reject() : write(item)) }
    const facts = { worker: 'w', function: 'collect', invocationSeconds: 18 } as const
    const record = makeRecordOutcome({ outcomes: flaky, clock, log, ...facts })
    await record('early', [{ kind: 'polled', at: clock.now() }])
    down = false
    await clock.advance(30_000)
    await record('next', [])
    expect(outcomes.all().map(({ invocation }) => invocation)).toEqual(['next'])
    expect(lines.map(({ message }) => message)).toContain('outcome item given up')
  })
})
