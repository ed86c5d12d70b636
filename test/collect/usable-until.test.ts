import { describe, expect, it } from 'vitest'
import type { OutgoingMessage } from '../../functions/core/message/message.ts'
import type { PollMessage } from '../../functions/core/message/poll-message.ts'
import type { ProviderFailure } from '../../functions/core/provider/error-class.ts'
import { usableUntils } from '../../sim/fleet/scenarios/usable-until.ts'
import { recaptcha, smallFleet } from '../small-fleet.ts'

const TOKEN_LIFE_MS = 120_000

describe('traffic is so low that AWS waits before it invokes: results are not later than the schedule of looks says; usableUntil is never too late and at most one interval and 2 s too early (row 60)', () => {
  it.each([0, 1, 10, 20])('with waits of %i s', async (wait) => {
    const all = await usableUntils(wait, 300)
    expect(all).toHaveLength(300)
    for (const { age, early, interval, delay, beforeFirstPoll } of all) {
      expect(early).toBeGreaterThanOrEqual(0)
      expect(early).toBeLessThanOrEqual(interval + 2000)
      // Solved before the first poll: until then. Later: one interval, the wait, a whole second and the calls. The
      // interval is 5 s, from two minutes on a third of the age.
      const planned = age < 120_000 ? 5000 : 0.35 * age
      expect(delay).toBeLessThanOrEqual(Math.max(beforeFirstPoll, planned + wait * 1000) + wait * 1000 + 2000)
    }
  })
})

describe('usableUntil', () => {
  const failure: ProviderFailure = { class: 'transient', code: 'HTTP_502', message: 'The provider could not answer.' }
  const sentPolls = (sent: OutgoingMessage[]) => sent.map(({ body }) => JSON.parse(body))

  /** What `usableUntil` of the only result reckons from, seconds since the submit. */
  async function reckonsFrom(fleet: ReturnType<typeof smallFleet>): Promise<number> {
    await fleet.drain()
    const [result] = fleet.results()
    const { usableUntil, submittedAt } = result ?? {}
    return (Date.parse(usableUntil ?? '') - TOKEN_LIFE_MS - Date.parse(submittedAt ?? '')) / 1000
  }
  const solvedAfter = (afterSeconds: number) => ({ submit: () => ({ kind: 'accept' as const, afterSeconds }) })

  it('reckons from the planned poll before, while the polls are on schedule, and no message is sent for them', async () => {
    const sent: OutgoingMessage[] = []
    const fleet = smallFleet({
      script: solvedAfter(62),
      sender: (real) => ({
        send: (queue, messages) => {
          if (queue === 'polls') sent.push(...messages)
          return real.send(queue, messages)
        },
      }),
    })
    fleet.send(recaptcha())
    expect(await reckonsFrom(fleet)).toBe(60)
    expect(sent).toHaveLength(1)
  })

  it('reckons from the submit where the worker of the only poll before died', async () => {
    const fleet = smallFleet({ script: solvedAfter(16) })
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(15_000)
    expect(fleet.queues.polls.receive(10)).toHaveLength(1)
    expect(await reckonsFrom(fleet)).toBe(0)
  })

  it('reckons from the submit where the message comes before its time, for its receive count says nothing then', async () => {
    const fleet = smallFleet({ script: solvedAfter(14) })
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(15_000)
    const [message] = fleet.queues.polls.receive(10)
    fleet.queues.polls.reveal(message?.messageId ?? '')
    expect(await reckonsFrom(fleet)).toBe(0)
  })

  it('does not take a poll for answered in which the provider could not answer', async () => {
    const fleet = smallFleet({
      script: { ...solvedAfter(19), result: (_id, _charge, n) => (n === 1 ? { kind: 'failed', failure } : null) },
    })
    fleet.send(recaptcha())
    expect(await reckonsFrom(fleet)).toBe(15)
  })

  it('nor one whose worker found the solution and could not write it', async () => {
    let refusals = 0
    const fleet = smallFleet({
      script: solvedAfter(19),
      tasks: (real) => ({
        ...real,
        apply: async (event) => {
          if (event.kind !== 'settle' || ++refusals > 20) return real.apply(event)
          throw new Error('the table does not answer')
        },
      }),
    })
    fleet.send(recaptcha())
    expect(await reckonsFrom(fleet)).toBe(15)
    expect(refusals).toBeGreaterThan(20)
  })

  it('nor one that found the solution when the table was unreachable before anything else', async () => {
    const fleet = smallFleet({ script: solvedAfter(19) })
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(15_000)
    await fleet.collect()
    await fleet.clock.advance(5000)
    const [message] = fleet.queues.polls.receive(10)
    if (message === undefined) throw new Error('no message')
    expect(await fleet.collectUseCase([message], { ...fleet.run(), clockUnknown: true })).toEqual([])
    fleet.queues.polls.remove(message.receipt)
    expect(fleet.provider.polls).toHaveLength(1)
    expect(await reckonsFrom(fleet)).toBe(0)
  })

  it('nor one whose copy could not be sent: the message comes back when nobody takes it for answered', async () => {
    let isDown = false
    const fleet = smallFleet({
      script: { ...solvedAfter(19), result: (_id, _charge, n) => (n === 1 ? { kind: 'failed', failure } : null) },
      sender: (real) => ({
        send: async (queue, messages) =>
          isDown && queue === 'polls' ? messages.map(() => false) : real.send(queue, messages),
      }),
    })
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(15_000)
    await fleet.collect()
    await fleet.clock.advance(5000)
    isDown = true
    expect(await fleet.collect()).toHaveLength(1)
    isDown = false
    expect(await reckonsFrom(fleet)).toBe(0)
  })

  it('is exact after a poll that came late: a copy carries when that was, and the plan of the polls after it', async () => {
    const sent: OutgoingMessage[] = []
    const fleet = smallFleet({
      script: solvedAfter(40),
      sender: (real) => ({
        send: (queue, messages) => {
          if (queue === 'polls') sent.push(...messages)
          return real.send(queue, messages)
        },
      }),
    })
    fleet.send(recaptcha())
    await fleet.submit()
    await fleet.clock.advance(38_000)
    expect(await fleet.collect()).toEqual([])
    const [{ item }, copy] = sentPolls(sent)
    expect(copy).toMatchObject({
      lastPendingAt: item.submittedAt + 38_000,
      firstPollAt: item.submittedAt + 43_000,
      intervalSeconds: 5,
    })
    expect(fleet.queues.polls.held.size).toBe(1)
    expect(await reckonsFrom(fleet)).toBe(38)
  })

  it.each([
    ['which had no plan', ({ intervalSeconds: _, ...former }) => former],
    [
      'which had the fields of its item beside its own',
      ({ item: { hash: _h, lost: _l, ttl: _t, ...item }, ...own }) => ({ ...item, ...own }),
    ],
  ] satisfies [string, (message: PollMessage) => object][])(
    'a poll message of an earlier version, %s, is polled as any other',
    async (_, formerOf) => {
      const fleet = smallFleet({ script: solvedAfter(30) })
      fleet.send(recaptcha())
      await fleet.submit()
      for (const held of fleet.queues.polls.held.values()) {
        fleet.queues.polls.held.set(
          held.messageId,
          Object.assign(held, { body: JSON.stringify(formerOf(JSON.parse(held.body))) }),
        )
      }
      expect(await reckonsFrom(fleet)).toBe(25)
    },
  )
})
