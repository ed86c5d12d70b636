import { describe, expect, it } from 'vitest'
import type { QueueName } from '../functions/core/message/message.ts'
import type { MessageSender, TaskStore } from '../functions/core/ports.ts'
import type { ErrorClass, ProviderFailure } from '../functions/core/provider/error-class.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from './small-fleet.ts'

/**
 * Lambda is told to let submit, collect and pingback send to the queues that call them (decisions 0003 and 0004), so
 * nothing of AWS ends such a chain. These tests hold that the deadline does. A message that leaves the chain towards
 * the result queue or the dead letters is not a link of it.
 */
interface Link {
  queue: QueueName
  /** Seconds since the task was sent. */
  at: number
  delaySeconds: number
}

const failure = (kind: ErrorClass, code: string, more: Partial<ProviderFailure> = {}): ProviderFailure => ({
  class: kind,
  code,
  message: 'The provider said no.',
  ...more,
})

function watchedFleet(options: SmallFleetOptions) {
  const links: Link[] = []
  let seconds = () => 0
  const watch = (real: MessageSender): MessageSender => ({
    send(queue, messages) {
      if (queue === 'tasks' || queue === 'polls')
        links.push(...messages.map(({ delaySeconds = 0 }) => ({ queue, at: seconds(), delaySeconds })))
      return real.send(queue, messages)
    },
  })
  const fleet = smallFleet({ ...options, sender: watch })
  const began = fleet.clock.now()
  seconds = () => (fleet.clock.now() - began) / 1000
  return { fleet, links, seconds }
}

const DEADLINE = 3600

describe('a chain of messages ends by the deadline of its task', () => {
  it.each([
    ['no thread is free', failure('capacity', 'ERROR_NO_SLOT_AVAILABLE')],
    ['the provider asks for less', failure('rate', 'HTTP_429', { retryAfterSeconds: 120 })],
    ['the provider answers submits with 502', failure('transient', 'HTTP_502')],
    ['the key is refused', failure('auth', 'ERROR_KEY_DOES_NOT_EXIST')],
  ])('while %s: many parks, none after the deadline, and no delay that reaches 2 s past it', async (_, refusal) => {
    const { fleet, links, seconds } = watchedFleet({
      script: { submit: () => ({ kind: 'refused', failure: refusal }) },
    })
    const id = fleet.send(recaptcha({ deadlineSeconds: DEADLINE }))
    await fleet.drain()
    expect(links.length).toBeGreaterThan(16)
    expect(Math.max(...links.map(({ at }) => at))).toBeLessThan(DEADLINE)
    expect(Math.max(...links.map(({ at, delaySeconds }) => at + delaySeconds))).toBeLessThanOrEqual(DEADLINE + 2)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired', attempts: 0 }])
    expect(seconds()).toBeLessThanOrEqual(DEADLINE + 5)
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })

  it.each([
    ['res.php answers with 502', failure('transient', 'HTTP_502')],
    ['polls are lost', failure('uncertain', 'TIMEOUT')],
    ['the address is blocked', failure('blocked', 'IP_BANNED')],
  ])('while %s: the poll message is renewed many times, never after the deadline', async (_, refusal) => {
    const { fleet, links, seconds } = watchedFleet({ script: { result: () => ({ kind: 'failed', failure: refusal }) } })
    const id = fleet.send(recaptcha({ deadlineSeconds: DEADLINE }))
    await fleet.drain()
    expect(links.length).toBeGreaterThan(16)
    expect(new Set(links.map(({ queue }) => queue))).toEqual(new Set(['polls']))
    expect(Math.max(...links.map(({ at }) => at))).toBeLessThan(DEADLINE)
    expect(Math.max(...links.map(({ at, delaySeconds }) => at + delaySeconds))).toBeLessThanOrEqual(DEADLINE + 2)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired', attempts: 1 }])
    expect(seconds()).toBeLessThanOrEqual(DEADLINE + 5)
    expect(fleet.provider.ledger).toHaveLength(1)
  })

  it('a poll message that is renewed because it was received often is renewed a bounded number of times', async () => {
    const { fleet, links } = watchedFleet({ renewAt: 20, script: { result: () => ({ kind: 'pending' }) } })
    const id = fleet.send(recaptcha({ deadlineSeconds: DEADLINE }))
    await fleet.drain()
    // A poll each 5 s at most, and a copy at each twentieth of them; the first message is submit's own.
    expect(links.length).toBeGreaterThan(16)
    expect(links.length).toBeLessThanOrEqual(1 + DEADLINE / 5 / 20)
    expect(Math.max(...links.map(({ at, delaySeconds }) => at + delaySeconds))).toBeLessThanOrEqual(DEADLINE + 2)
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired', attempts: 1 }])
  })

  it('a task that its provider cannot solve goes back to the task queue twice, however much time is left', async () => {
    const unsolvable = failure('unsolvable', 'ERROR_CAPTCHA_UNSOLVABLE')
    const { fleet, links } = watchedFleet({ script: { result: () => ({ kind: 'failed', failure: unsolvable }) } })
    fleet.send(recaptcha({ deadlineSeconds: DEADLINE }))
    await fleet.drain()
    expect(links.map(({ queue }) => queue)).toEqual(['polls', 'tasks', 'polls', 'tasks', 'polls'])
  })

  it('while the table is silent past the deadline, a task is copied at most every 4 s, and less and less often', async () => {
    let silent = true
    const mute = (real: TaskStore): TaskStore => ({
      ...real,
      apply: (event) => (silent ? Promise.reject(new Error('table trouble')) : real.apply(event)),
    })
    const { fleet, links } = watchedFleet({ tasks: mute })
    const id = fleet.send(recaptcha({ deadlineSeconds: 10 }))
    for (let second = 0; second < 1800; second += 1) {
      await fleet.submit()
      await fleet.clock.advance(1000)
    }
    const late = links.filter(({ at }) => at > 10)
    expect(Math.min(...late.map(({ delaySeconds }) => delaySeconds))).toBeGreaterThanOrEqual(4)
    expect(links.length).toBeLessThan(60)
    silent = false
    await fleet.drain()
    expect(fleet.resultsOf(id)).toMatchObject([{ status: 'expired', attempts: 0 }])
    expect(fleet.queues.deadLetters.held.size).toBe(0)
  })
})
