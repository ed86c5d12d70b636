import { describe, expect, it } from 'vitest'
import type { PollMessage } from '../../functions/core/message/poll-message.ts'
import type { ResultAnswer } from '../../functions/core/provider/answers.ts'
import { recaptcha, type SmallFleetOptions, smallFleet } from '../small-fleet.ts'

const refused: ResultAnswer = { kind: 'failed', failure: { class: 'transient', code: 'HTTP_503', message: 'No.' } }
const down = () => Promise.reject(new Error('no answer'))

/** What a poll finds, and the copy that it leads to: what is different in it, and seconds until it may be received. */
interface Case {
  answer: ResultAnswer
  /** Milliseconds that the invocation has; absent: all that it may have. */
  leftMs?: number
  clockUnknown?: boolean
  isTableDown?: boolean
  isOnTime?: boolean
  /** The submit is not recorded yet, and would have had its first poll so many milliseconds later. */
  unrecordedForMs?: number
  /** What is left of the task's time, milliseconds; absent: 260 s. */
  untilDeadlineMs?: number
  options?: SmallFleetOptions
  changes: (at: number) => Partial<PollMessage>
  next: number
}

/** A poll message with all that one may carry, received once: by default 5 s later than planned. */
async function copyOf({ answer, leftMs, clockUnknown, isTableDown, isOnTime, untilDeadlineMs, options, ...one }: Case) {
  const world = { isTableDown: false }
  const fleet = smallFleet({
    script: { submit: () => ({ kind: 'accept', afterSeconds: 200 }), result: () => answer },
    tasks: (real) => ({ ...real, apply: (event) => (world.isTableDown ? down() : real.apply(event)) }),
    ...options,
  })
  fleet.send(recaptcha())
  await fleet.submit()
  await fleet.clock.advance(40_000)
  const at = fleet.clock.now()
  const [sent] = fleet.queues.polls.receive(10)
  if (sent === undefined) throw new Error('no poll message')
  fleet.queues.polls.remove(sent.receipt)
  const found: PollMessage = JSON.parse(sent.body)
  const before: PollMessage = {
    ...found,
    item: untilDeadlineMs === undefined ? found.item : { ...found.item, deadlineAt: at + untilDeadlineMs },
    ...{ callback: true, firstPollAt: isOnTime ? at : at - 5000, intervalSeconds: 7, lastPendingAt: at - 9000 },
    ...{ regularFrom: at + (one.unrecordedForMs ?? -20_000), while: 'HTTP_502 from captchaai' },
    recorded: one.unrecordedForMs === undefined,
  }
  fleet.queues.polls.send({ body: JSON.stringify(before) })
  const messages = fleet.queues.polls.receive(10)
  world.isTableDown = isTableDown === true
  const run = fleet.run()
  const endsAt = leftMs === undefined ? run.endsAt : at + leftMs
  expect(await fleet.collectUseCase(messages, { ...run, endsAt, clockUnknown: clockUnknown === true })).toEqual([])
  for (const { receipt } of messages) fleet.queues.polls.remove(receipt)
  const copies = [...fleet.queues.polls.held.values()]
  const now = fleet.clock.now()
  return { before, at, now, copies: copies.map(({ body, visibleAt }) => [JSON.parse(body), (visibleAt - now) / 1000]) }
}

describe('the copy that takes the place of a poll message has every field of it, and beside a new plan', () => {
  it.each<[string, Case]>([
    [
      'after a poll that came late it says when the task was pending, and no reason any more',
      { answer: { kind: 'pending' }, changes: (at) => ({ lastPendingAt: at, while: undefined }), next: 7 },
    ],
    [
      'at the receive that the limit names it says when the task was pending, and no reason any more',
      {
        answer: { kind: 'pending' },
        isOnTime: true,
        options: { renewAt: 1 },
        changes: (at) => ({ lastPendingAt: at, while: undefined }),
        next: 7,
      },
    ],
    [
      'after a late poll of a submit that is still not recorded it comes soon, not at its regular time',
      {
        answer: { kind: 'pending' },
        isTableDown: true,
        unrecordedForMs: 41_300,
        changes: (at) => ({ lastPendingAt: at, while: undefined }),
        next: 7,
      },
    ],
    [
      'after a late poll that recorded the submit it says so, and comes at its regular time',
      {
        answer: { kind: 'pending' },
        unrecordedForMs: 41_300,
        changes: (at) => ({ lastPendingAt: at, while: undefined, recorded: true }),
        next: 42,
      },
    ],
    [
      'after a poll that failed it says why, and not that the task was pending',
      { answer: refused, changes: () => ({ while: 'HTTP_503 from captchaai' }), next: 14 },
    ],
    [
      'without a poll, because too little time is left, it says nothing new and keeps to the interval of its plan',
      { answer: refused, leftMs: 13_999, changes: () => ({}), next: 7 },
    ],
    [
      'after a poll that found the solution and could not write it, it says nothing new and keeps to its interval',
      { answer: { kind: 'solved', solution: 'token' }, isTableDown: true, changes: () => ({}), next: 7 },
    ],
    [
      'without a poll, shortly before the deadline, it comes while a solution still helps',
      { answer: refused, leftMs: 13_999, untilDeadlineMs: 5100, changes: () => ({}), next: 4 },
    ],
    [
      'without a poll, after the deadline, it comes after the interval of the method',
      { answer: refused, leftMs: 13_999, untilDeadlineMs: -100, changes: () => ({}), next: 5 },
    ],
    [
      'after a deadline that passed while the table did not take the solution, it comes after the interval of the method',
      {
        answer: { kind: 'solved', solution: 'token' },
        isTableDown: true,
        untilDeadlineMs: 3000,
        changes: () => ({}),
        next: 5,
      },
    ],
    [
      'where not even the time is known it has no plan at all',
      {
        answer: refused,
        clockUnknown: true,
        changes: () => ({ firstPollAt: undefined, intervalSeconds: undefined }),
        next: 20,
      },
    ],
  ])('%s', async (_, one) => {
    const { before, at, now, copies } = await copyOf(one)
    const plan = { firstPollAt: now + one.next * 1000 }
    expect(copies).toEqual([[{ ...before, ...plan, ...one.changes(at) }, one.next]])
  })
})

it('a poll on schedule whose submit still cannot be recorded keeps its message and its plan', async () => {
  let isDown = false
  const fleet = smallFleet({
    script: { submit: () => ({ kind: 'accept', afterSeconds: 200 }) },
    tasks: (real) => ({ ...real, apply: (event) => (isDown ? down() : real.apply(event)) }),
  })
  fleet.send(recaptcha())
  await fleet.submit()
  const [body] = [...fleet.queues.polls.held.values()].map((held): PollMessage => JSON.parse(held.body))
  if (body === undefined) throw new Error('no poll message')
  fleet.queues.polls.held.clear()
  const firstPollAt = fleet.clock.now()
  const plan = { recorded: false, firstPollAt, intervalSeconds: 11, regularFrom: firstPollAt + 41_300 }
  fleet.queues.polls.send({ body: JSON.stringify({ ...body, ...plan }) })
  isDown = true
  expect(await fleet.collect()).toHaveLength(1)
  const left = [...fleet.queues.polls.held.values()].map(({ visibleAt, ...held }) => [JSON.parse(held.body), visibleAt])
  expect(left).toEqual([[{ ...body, ...plan }, firstPollAt + 11_000]])
})
