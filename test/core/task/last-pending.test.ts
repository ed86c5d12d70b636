import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BEFORE_DEADLINE_MS,
  type PlannedPoll,
  plannedPollAt,
  timingOf,
} from '../../../functions/core/task/last-pending.ts'
import { memoryPolls } from '../poll-model.ts'

const SUBMITTED = 1_000_000
const FIRST = SUBMITTED + 15_000
const DEADLINE = SUBMITTED + 300_000
const poll: PlannedPoll = {
  provider: 'captchaai',
  ...{ submittedAt: SUBMITTED, deadlineAt: DEADLINE },
  ...{ firstPollAt: FIRST, intervalSeconds: 5 },
}
const visibilitySeconds = 108
/** Seconds since the submit. */
const timing = (of: PlannedPoll, receiveCount: number, at: number) => {
  const told = timingOf(of, { at: SUBMITTED + at * 1000, receiveCount, visibilitySeconds })
  const since = (time: number) => (time - SUBMITTED) / 1000
  const { afterPending, unanswered } = told.mayReturnAt
  return {
    ...{ lastPending: since(told.lastPendingAt), answerBy: since(told.answerBy), next: since(told.nextPollAt) },
    ...{ afterPending: since(afterPending), unanswered: since(unanswered) },
  }
}
const NEVER = Number.NEGATIVE_INFINITY

describe('when a task was last known to be pending, by the plan of its polls', () => {
  it.each([
    ['the first receive knows the submit', poll, 1, 15.3, 0, 17],
    ['a later one on schedule: the planned poll before it', poll, 4, 31.9, 25, 32],
    ['late, but too soon for a message whose worker died: the planned poll before it', poll, 4, 78.9, 25, 32],
    ['so late that the worker before it may have died: what is carried', poll, 4, 79, 0, NEVER],
    ['early, so a duplicate raised the count: what is carried', poll, 4, 29.9, 0, NEVER],
    ['a copy carries what is exact', { ...poll, lastPendingAt: SUBMITTED + 12_500 }, 1, 15.3, 12.5, 17],
    [
      'also where that is later than the planned poll before',
      { ...poll, lastPendingAt: SUBMITTED + 16_500 },
      2,
      20,
      16.5,
      22,
    ],
    ['and its plan goes on from there', { ...poll, lastPendingAt: SUBMITTED + 12_500 }, 2, 20, 15, 22],
    ['polls 33 s apart: a worker’s death can be told', { ...poll, intervalSeconds: 33 }, 1, 15, 0, 17],
    ['polls 34 s apart: it cannot', { ...poll, intervalSeconds: 34 }, 1, 15, 0, NEVER],
    [
      'without a plan: the submit',
      { provider: 'captchaai', submittedAt: SUBMITTED, deadlineAt: DEADLINE },
      7,
      50,
      0,
      NEVER,
    ],
    [
      'polls so rare that a worker’s death cannot be told: what is carried',
      { ...poll, intervalSeconds: 60 },
      2,
      75,
      0,
      NEVER,
    ],
  ] satisfies [string, PlannedPoll, number, number, number, number][])(
    '%s',
    (_, of, receiveCount, at, lastPending, answerBy) => {
      expect(timing(of, receiveCount, at)).toMatchObject({ lastPending, answerBy })
    },
  )

  it.each([
    ['no plan', {}],
    ['a plan without its first poll', { intervalSeconds: 5 }],
    ['a plan without its interval', { firstPollAt: FIRST }],
  ])('cannot be told from %s: any message may come back at once', (_, plan) => {
    const told = timing({ provider: 'captchaai', submittedAt: SUBMITTED, deadlineAt: DEADLINE, ...plan }, 3, 50)
    expect(told).toEqual({ lastPending: 0, answerBy: NEVER, next: 50, afterPending: 50, unanswered: 50 })
  })

  it('says when a message may come back whose copy could not be sent, whatever the next worker’s clock', () => {
    for (const slow of [0, 2.5]) expect(timing(poll, 5, 89 - slow)).toMatchObject({ lastPending: 0, answerBy: NEVER })
    expect(timing(poll, 4, 40)).toMatchObject({ next: 35, afterPending: 35, unanswered: 89 })
    expect(timing(poll, 4, 29)).toMatchObject({ next: 35, afterPending: 89, unanswered: 89 })
    const short = { ...poll, deadlineAt: SUBMITTED + 60_000 }
    expect(timing(short, 4, 30).unanswered).toBe(65)
  })
})

describe('the plan of polls', () => {
  const planned = (firstPollAt: number, seconds: number, n: number) =>
    plannedPollAt(
      { provider: 'captchaai', submittedAt: SUBMITTED, firstPollAt, intervalMs: seconds * 1000, deadlineAt: DEADLINE },
      n,
    )

  it('does not drift, ends one to two seconds before the deadline, and then at the deadline', () => {
    const polls = Array.from({ length: 28 }, (_, i) => (planned(FIRST, 5, i + 1) - SUBMITTED) / 1000)
    const regular = Array.from({ length: 22 }, (_, i) => 15 + 5 * i)
    expect(polls).toEqual([...regular, 162, 218, 294, 300 - BEFORE_DEADLINE_MS / 1000, 300, 305])
  })

  it('asks about a task that is never solved 26 times in five minutes, and 34 times in an hour', () => {
    const asked = (deadlineSeconds: number) => {
      const deadlineAt = SUBMITTED + deadlineSeconds * 1000
      const plan = { provider: 'captchaai', submittedAt: SUBMITTED, firstPollAt: FIRST, intervalMs: 5000, deadlineAt }
      const polls = Array.from({ length: 99 }, (_, n) => plannedPollAt(plan, n + 1))
      return polls.filter((at) => at < deadlineAt).length
    }
    expect([asked(300), asked(3600)]).toEqual([26, 34])
  })

  it('costs at most 20 requests in five minutes where the provider counts them, with every wait that a sweep may choose', () => {
    const asked = (firstSeconds: number, interval: number, deadlineSeconds: number) => {
      const deadlineAt = SUBMITTED + deadlineSeconds * 1000
      const from = { submittedAt: SUBMITTED, firstPollAt: SUBMITTED + firstSeconds * 1000 }
      const plan = { provider: 'twocaptcha', ...from, intervalMs: interval * 1000, deadlineAt }
      // The poll at the deadline is one too.
      return Array.from({ length: 99 }, (_, n) => plannedPollAt(plan, n + 1)).filter((at) => at <= deadlineAt).length
    }
    // Half to double of the table, without images: first polls of 10 to 20 s, an interval of 5 s.
    for (let first = 5; first <= 40; first += 1)
      for (let interval = 3; interval <= 10; interval += 1) {
        for (const deadline of [60, 120, 180, 300]) expect(asked(first, interval, deadline)).toBeLessThanOrEqual(20)
        expect(asked(first, interval, 900)).toBeLessThanOrEqual(22)
        expect(asked(first, interval, 3600)).toBeLessThanOrEqual(24)
      }
    expect([asked(15, 5, 180), asked(15, 5, 300), asked(15, 5, 900)]).toEqual([16, 17, 19])
  })

  it('has its last poll before the deadline even where the first one would come after it', () => {
    expect(planned(DEADLINE + 5000, 5, 1)).toBe(DEADLINE - BEFORE_DEADLINE_MS)
    expect(planned(DEADLINE + 5000, 5, 2)).toBe(DEADLINE)
  })

  it('never goes back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400_000 }),
        fc.integer({ min: 1, max: 600 }),
        fc.nat(300),
        (first, seconds, n) => {
          expect(planned(SUBMITTED + first, seconds, n + 2)).toBeGreaterThanOrEqual(
            planned(SUBMITTED + first, seconds, n + 1),
          )
        },
      ),
    )
  })
})

describe('against a model of the queue and its workers', () => {
  const script = fc.record({
    intervalSeconds: fc.constantFrom(3, 5, 5, 5, 20, 30, 45, 60),
    deadlineSeconds: fc.constantFrom(60, 300, 300, 900),
    solvedAfterMs: fc.integer({ min: 100, max: 250_000 }),
    waits: fc.constantFrom(0, 500, 1000, 10_000, 20_000),
    seed: fc.nat(),
  })

  it('it is never later than true, whatever waits, dies, is delivered twice or cannot be sent', () => {
    let solved = 0
    const seen = new Set<string>()
    fc.assert(
      fc.property(script, (given) => {
        const end = memoryPolls({ ...given, visibilitySeconds, faults: 0.15 })
        for (const fault of end.faults) seen.add(fault)
        if (end.solved === null) return
        solved++
        expect(end.solved.lastPendingAt).toBeLessThanOrEqual(end.solved.issuedAt)
      }),
      { numRuns: 5000 },
    )
    expect(solved).toBeGreaterThan(3000)
    expect([...seen].sort()).toEqual(['copyFails', 'deleteFails', 'dies', 'hideFails', 'twice', 'unanswered'])
  })

  it('and at most 2 s earlier than the poll before, where nothing fails but polls that are not answered', () => {
    let solved = 0
    fc.assert(
      fc.property(script, (given) => {
        const end = memoryPolls({ ...given, visibilitySeconds, faults: 0.15, only: 'unanswered' })
        if (end.solved === null) return
        solved++
        const { lastPendingAt, issuedAt, lastSeenPendingAt } = end.solved
        expect(lastPendingAt).toBeLessThanOrEqual(issuedAt)
        expect(lastPendingAt).toBeGreaterThanOrEqual(lastSeenPendingAt - 2000)
      }),
      { numRuns: 5000 },
    )
    expect(solved).toBeGreaterThan(3000)
  })

  it('and nothing is sent for a poll while the polls are on schedule', () => {
    const given = { intervalSeconds: 5, deadlineSeconds: 300, solvedAfterMs: 110_000, waits: 500, callMs: 400, seed: 3 }
    expect(memoryPolls({ ...given, visibilitySeconds, faults: 0 })).toMatchObject({ polls: 20, copies: 0 })
  })

  it('and each poll leads to a copy once polls are so rare that a worker’s death looks like a wait', () => {
    const given = { intervalSeconds: 5, deadlineSeconds: 300, solvedAfterMs: 250_000, waits: 500, callMs: 400, seed: 3 }
    expect(memoryPolls({ ...given, visibilitySeconds, faults: 0 })).toMatchObject({ polls: 25, copies: 3 })
  })
})
