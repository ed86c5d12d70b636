import { describe, expect, it } from 'vitest'
import {
  type Ending,
  outcomeEventOf,
  resultOf,
  type Settlement,
  storedResult,
  withSolution,
} from '../../../functions/core/task/settlement.ts'
import type { Result } from '../../../functions/core/task/task.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const iso = (at: number) => new Date(at).toISOString()
const ENQUEUED = NOON - 30_000
const SUBMITTED = NOON - 12_500
const waiting = { taskId: 't', enqueuedAt: ENQUEUED, charges: 0 }
const submitted = { ...waiting, charges: 1, provider: 'captchaai', captchaId: '77', submittedAt: SUBMITTED }
const solved: Ending = { kind: 'solved', solution: 'token', usableUntil: NOON + 60_000, doneAt: NOON - 2000 }
const unsolvable: Ending = { kind: 'failed', code: 'ERROR_CAPTCHA_UNSOLVABLE', class: 'unsolvable', message: 'No.' }

describe('the result of a task', () => {
  it('that is solved has the solution, who solved it, and until when it is usable', () => {
    expect(resultOf(submitted, solved, NOON)).toEqual({
      taskId: 't',
      status: 'solved',
      solution: 'token',
      provider: 'captchaai',
      captchaId: '77',
      attempts: 1,
      enqueuedAt: iso(ENQUEUED),
      submittedAt: iso(SUBMITTED),
      settledAt: iso(NOON),
      usableUntil: iso(NOON + 60_000),
    })
  })
  it('has no usableUntil where the solution does not run out', () => {
    expect(resultOf(submitted, { ...solved, usableUntil: null }, NOON)).not.toHaveProperty('usableUntil')
  })
  it('that failed has the code, its class and a sentence, and no solution', () => {
    const result = resultOf(submitted, unsolvable, NOON)
    expect(result).toMatchObject({
      status: 'failed',
      error: { code: 'ERROR_CAPTCHA_UNSOLVABLE', class: 'unsolvable', message: 'No.' },
    })
    expect(result).not.toHaveProperty('solution')
    expect(result).not.toHaveProperty('usableUntil')
  })
  it('that nobody was asked about names no provider, no id and no time of submit', () => {
    expect(resultOf(waiting, { kind: 'expired' }, NOON)).toStrictEqual({
      taskId: 't',
      status: 'expired',
      error: {
        code: 'DEADLINE_EXCEEDED',
        class: 'deadline',
        message: 'The deadline of the task passed before it was solved.',
      },
      attempts: 0,
      enqueuedAt: iso(ENQUEUED),
      settledAt: iso(NOON),
    })
  })
})

describe('the result as the table holds it', () => {
  const result = resultOf(submitted, solved, NOON)
  it.each(['record', 'both'] as const)('keeps the solution for reply %s', (reply) => {
    expect(storedResult(result, reply)).toEqual(result)
  })
  it('has no solution for reply queue, and all the rest', () => {
    const { solution: _, ...rest } = result
    expect(storedResult(result, 'queue')).toEqual(rest)
  })
  it('is the whole result again with the solution that its attempt still knows', () => {
    expect(withSolution(storedResult(result, 'queue'), 'token')).toEqual(result)
  })
})

const settlementOf = (result: Partial<Result>, more: Partial<Settlement> = {}): Settlement => ({
  method: 'turnstile',
  enqueuedAt: ENQUEUED,
  deadlineAt: NOON + 60_000,
  unsolvable: 0,
  lostIdResubmits: 0,
  settledAt: NOON,
  result: { ...resultOf(submitted, solved, NOON), ...result },
  ...more,
})
const NOTHING = { resubmitted: 0, unknown: 0 }

describe('what a settlement is counted as', () => {
  it('a solve, with the seconds from submit to solution', () => {
    const event = { kind: 'solved', at: NOON, method: 'turnstile', seconds: 12.5, spent: NOTHING }
    expect(outcomeEventOf(settlementOf({}))).toEqual(event)
  })
  it('a solve, with the seconds until the solver was done where that is known; it is counted as of when it was settled', () => {
    expect(outcomeEventOf(settlementOf({}), NOON - 2500)).toMatchObject({ at: NOON, seconds: 10 })
  })
  it('a solve, with the seconds since the task came where nobody knows when it was submitted', () => {
    const { submittedAt: _, ...result } = resultOf(submitted, solved, NOON)
    expect(outcomeEventOf({ ...settlementOf({}), result })).toMatchObject({ seconds: 30 })
  })
  it('an expired task, with when it was submitted', () => {
    expect(outcomeEventOf(settlementOf({ status: 'expired' }))).toEqual({
      kind: 'expired',
      at: NOON,
      submittedAt: SUBMITTED,
      counted: true,
      spent: NOTHING,
    })
  })
  it.each([
    ['counts against the provider from the usual solve time of its method on', 10_000, true],
    ['does not count when its deadline left the provider less time than that', 9_999, false],
  ])('an expired task %s', (_, flight, counted) => {
    const expired = settlementOf({ status: 'expired' }, { deadlineAt: SUBMITTED + flight })
    expect(outcomeEventOf(expired)).toMatchObject({ kind: 'expired', counted })
  })
  it('an expired task does not count where a worker whose clock is ahead has expired it sooner than that', () => {
    const expired = settlementOf({ status: 'expired' }, { settledAt: SUBMITTED + 9_999 })
    expect(outcomeEventOf(expired)).toMatchObject({ kind: 'expired', counted: false })
  })
  it('a task that expired while it waited, with no time of submit', () => {
    const result = resultOf(waiting, { kind: 'expired' }, NOON)
    expect(outcomeEventOf({ ...settlementOf({}), result })).toMatchObject({ submittedAt: null, spent: NOTHING })
  })

  it.each([
    ['unsolvable', 'unsolvable', true],
    ['uncertain', 'uncertain', true],
    ['transient', 'transient', true],
    ['unknown', 'unknown', true],
    ['task', 'task', false],
    ['invalid', 'invalid', false],
    ['fault', 'fault', false],
    ['a class of an older version', 'unknown', true],
  ])('a failure of class %s is one of class %s, and lengthens the streak: %s', (stored, told, counted) => {
    const error = { code: 'C', class: stored, message: 'No.' }
    expect(outcomeEventOf(settlementOf({ status: 'failed', error }))).toEqual({
      ...{ kind: 'failed', at: NOON, class: told, counted, charged: true, spent: NOTHING },
    })
  })
  it('a failure that an item keeps no error of is one of class unknown', () => {
    const { error: _, ...result } = resultOf(submitted, unsolvable, NOON)
    expect(outcomeEventOf({ ...settlementOf({}), result })).toMatchObject({ kind: 'failed', class: 'unknown' })
  })
  it('a failure without a charge of its own, where it was never submitted', () => {
    const result = resultOf(waiting, unsolvable, NOON)
    expect(outcomeEventOf({ ...settlementOf({}), result })).toMatchObject({ kind: 'failed', charged: false })
  })
})

describe('every charge of a task is explained when it settles', () => {
  it.each([
    [1, 0, 0, { resubmitted: 0, unknown: 0 }],
    [3, 1, 1, { resubmitted: 2, unknown: 0 }],
    [3, 1, 0, { resubmitted: 1, unknown: 1 }],
    [4, 0, 0, { resubmitted: 0, unknown: 3 }],
    [1, 2, 0, { resubmitted: 2, unknown: 0 }],
  ])('%i charges, %i unsolvable and %i with a lost id', (attempts, unsolvableCount, lostIdResubmits, spent) => {
    const counts = { unsolvable: unsolvableCount, lostIdResubmits }
    expect(outcomeEventOf(settlementOf({ attempts }, counts))).toMatchObject({ spent })
  })
  it('without a submit of its own all charges are re-submits or unknown', () => {
    const result = resultOf({ ...waiting, charges: 2 }, { kind: 'expired' }, NOON)
    expect(outcomeEventOf({ ...settlementOf({}), result })).toMatchObject({ spent: { resubmitted: 0, unknown: 2 } })
  })
})
