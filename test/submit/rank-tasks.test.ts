import { describe, expect, it } from 'vitest'
import { waitForRoom } from '../../functions/core/admission/item/waiting.ts'
import type { Seeker } from '../../functions/core/admission/waits/turns.ts'
import type { SubmitSettings } from '../../functions/submit/ports.ts'
import { rankTasks, turnsOf } from '../../functions/submit/rank-tasks.ts'
import { parseTaskMessage, type TaskMessage } from '../../functions/submit/task-message.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { defaultObserveSettings } from '../../sim/memory/observe-settings.ts'
import { recaptcha } from '../small-fleet.ts'

const settings: SubmitSettings = {
  ...{ worker: 'w1', timeoutSeconds: 18, providerTimeoutSeconds: 10, maxReceiveCount: 10, maxInFlight: 100 },
  ...{ rebuyUnknown: 1, spendPerHour: null, spendPerDay: null, firstPollSeconds: null, pollSeconds: null },
  ...defaultObserveSettings,
}

/** A task with so many seconds left of its 100, parked so often. */
function message(left: number, parks: number): TaskMessage {
  const body = JSON.stringify(recaptcha({ taskId: `left-${left}`, deadlineSeconds: 100 }))
  const attributes = { enqueuedAt: String(NOON - (100 - left) * 1000), parks: String(parks) }
  const received = { messageId: 'm', receipt: 'r', receiveCount: 1, sentAt: NOON, body, attributes }
  const parsed = parseTaskMessage(received, (text) => text)
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join())
  return parsed
}

const rank = (firstPollSeconds: number | null, fast: number | null, ...left: number[]) =>
  rankTasks(
    { settings: { ...settings, firstPollSeconds } },
    left.map((seconds, n) => message(seconds, n + 3)),
    { now: NOON, waits: fast === null ? {} : { userrecaptcha: { first: 11, interval: 4, fast } } },
  )

describe('a task can still be solved in time', () => {
  it.each([
    ['half of the first poll of its method', null, null, 7.5],
    ['half of the first poll that a person has set', 40, null, 20],
    ['the fast solve times of its method, where those are known', 40, 9, 9],
  ])('while it has %s left, and is most likely useless after three times that', (_, firstPollSeconds, fast, least) => {
    const { candidates, tooLate } = rank(firstPollSeconds, fast, least + 60, least, least - 0.001, 0)
    // The deadline of the last one has passed: it expires.
    expect([...tooLate].map(({ task }) => task.taskId)).toEqual([`left-${least - 0.001}`])
    expect(candidates.map(({ usefulMs }) => usefulMs)).toEqual([-2000 * least, 60_000 - 2000 * least])
  })
})

it('the tasks that found no place look for turns with how often they were parked and how long they are useful', async () => {
  const { candidates } = rank(null, 5, 80, 60, 70)
  const asked: (readonly Seeker[])[] = []
  const turns = {
    take: async (seekers: readonly Seeker[]) => {
      asked.push(seekers)
      return [11, 22]
    },
  }
  let drawn = 0
  const ids = { secret: () => '', fraction: () => ++drawn / 8 }
  const reservation = { granted: 1, provider: null, waiting: waitForRoom(9), spend: null, events: [] }
  const found = await turnsOf({ turns, ids }, candidates, { ...reservation, polls: { waits: {}, callbacks: false } })
  expect([...found].map(([{ task }, seconds]) => [task.taskId, seconds])).toEqual([
    ['left-70', 11],
    ['left-80', 22],
  ])
  expect(asked).toEqual([
    [
      { priority: 'normal', parks: 5, usefulMs: 55_000, fraction: 1 / 8 },
      { priority: 'normal', parks: 3, usefulMs: 65_000, fraction: 2 / 8 },
    ],
  ])
})
