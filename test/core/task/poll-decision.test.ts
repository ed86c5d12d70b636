import { describe, expect, it } from 'vitest'
import type { ResultAnswer } from '../../../functions/core/provider/answers.ts'
import type { ErrorClass } from '../../../functions/core/provider/error-class.ts'
import { decide, lastReason, RESUBMITS } from '../../../functions/core/task/poll-decision.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const MINUTE = 60_000
const item = {
  attempt: 'attempt-1',
  ...{ method: 'turnstile', provider: 'captchaai', submittedAt: NOON - MINUTE / 2, deadlineAt: NOON + 30 * MINUTE },
  ...{ unsolvable: 0, lostIdResubmits: 0 },
}
const pollOf = (changes: Partial<typeof item> = {}) => ({ item: { ...item, ...changes }, body: '{"sitekey":"k"}' })
const polled = pollOf()
const poll = { lastPendingAt: NOON - 5000, pollSeconds: null }
const pending: ResultAnswer = { kind: 'pending' }
const solved: ResultAnswer = { kind: 'solved', solution: 'token' }
const failed = (kind: ErrorClass, more: { lostId?: boolean; retryAfterSeconds?: number } = {}): ResultAnswer => ({
  kind: 'failed',
  failure: { class: kind, code: 'CODE', message: 'It said no.', ...more },
})
const failedForGood = (kind: ErrorClass) => ({
  kind: 'settle',
  ending: { kind: 'failed', code: 'CODE', class: kind, message: 'It said no.' },
})
const again = (inSeconds: number) => ({ kind: 'pollAgain', inSeconds })

it.each([
  ['is the interval before a task is two minutes old', 119, 5],
  ['is about a third of the age of an older task', 120, 42],
  ['is never shorter than the interval', 121, 90],
  ['grows with every poll', 200, 70],
])('the wait %s', (_, ageSeconds, seconds) => {
  const old = pollOf({ submittedAt: NOON - ageSeconds * 1000 })
  const pollSeconds = seconds === 90 ? 90 : null
  expect(decide(old, pending, NOON, { ...poll, pollSeconds })).toEqual(again(seconds))
})

describe('the wait before the next poll of a task', () => {
  it.each([
    ['is the interval of the method while the task is pending', pending, null, 5],
    ['is the setting where there is one', pending, 7, 7],
    ['is rounded up to whole seconds', pending, 5.1, 6],
    ['is at most 300 seconds', pending, 301, 300],
    ['may be 300 seconds', pending, 300, 300],
    ['is at least a second', pending, 0.2, 1],
    ['does not grow for an answer that means pending', failed('pending'), null, 5],
    ['does not grow for an answer that is to be ignored', failed('ignore'), null, 5],
    ['doubles while the provider has no capacity', failed('capacity'), null, 10],
    ['doubles after a lost call', failed('transient'), null, 10],
    ['doubles after an answer nobody could read', failed('uncertain'), null, 10],
    ['doubles while the provider limits our rate', failed('rate'), null, 10],
    ['is six times as long while the key is refused', failed('auth'), null, 30],
    ['is six times as long while there is no money', failed('funds'), null, 30],
    ['is six times as long while our address is blocked', failed('blocked'), null, 30],
    ['is what the provider asks for where that is longer', failed('rate', { retryAfterSeconds: 44.5 }), null, 45],
    ['is our own where the provider asks for less', failed('auth', { retryAfterSeconds: 3 }), null, 30],
    ['is at most 300 seconds whatever the provider asks for', failed('rate', { retryAfterSeconds: 900 }), null, 300],
  ] as const)('%s', (_, answer, pollSeconds, seconds) => {
    expect(decide(polled, answer, NOON, { ...poll, pollSeconds })).toEqual(again(seconds))
  })

  it.each([
    ['ends a second before the deadline', 4000, 3],
    ['counts whole seconds only, so that it never ends later', 4999, 3],
    ['is a second where two are left', 2000, 1],
    ['is a second where less is left: that poll expires the task', 1, 1],
    ['is the interval where the deadline is a second further', 6000, 5],
  ])('%s', (_, leftMs, seconds) => {
    const task = pollOf({ deadlineAt: NOON + leftMs })
    expect(decide(task, pending, NOON, poll)).toEqual(again(seconds))
    expect(decide(task, failed('ignore'), NOON, poll)).toEqual(again(seconds))
  })
})

describe('the deadline', () => {
  it.each([
    ['a task that is pending', pending],
    ['a task that has just been solved', solved],
    ['a task that cannot be solved', failed('unsolvable')],
    ['a task whose provider cannot be reached', failed('transient')],
  ])('expires %s from its very millisecond on', (_, answer) => {
    const at = (now: number) => decide(polled, answer, now, poll)
    expect(at(item.deadlineAt)).toMatchObject({ kind: 'settle', ending: { kind: 'expired' } })
    expect(at(item.deadlineAt + MINUTE)).toMatchObject({ kind: 'settle', ending: { kind: 'expired' } })
    expect(at(item.deadlineAt - 1)).not.toMatchObject({ ending: { kind: 'expired' } })
  })

  it('tells why the task last waited', () => {
    expect(decide({ ...polled, while: 'HTTP_502 from captchaai' }, solved, item.deadlineAt, poll)).toEqual({
      kind: 'settle',
      ending: { kind: 'expired', while: 'HTTP_502 from captchaai' },
    })
  })
})

describe('a solution', () => {
  const usableUntil = (method: string, lastPendingAt: number) => {
    const decision = decide(pollOf({ method }), solved, NOON, { lastPendingAt, pollSeconds: null })
    if (decision.kind !== 'settle' || decision.ending.kind !== 'solved') throw new Error('not solved')
    expect(decision.ending.solution).toBe('token')
    return decision.ending.usableUntil
  }
  it('is usable for two minutes after the task was last known to be pending', () => {
    expect(usableUntil('turnstile', NOON - 5000)).toBe(NOON + 115_000)
  })
  it('is usable for two minutes from now at most, where that time is of the future', () => {
    expect(usableUntil('turnstile', NOON + 5000)).toBe(NOON + 120_000)
  })
  it('has no end of use where it is not a token', () => {
    expect([usableUntil('base64', NOON), usableUntil('bls', NOON)]).toEqual([null, null])
  })
})

describe('the moment at which the solver was done', () => {
  const doneAt = (attempt: string, poll: { lastPendingAt: number; pollSeconds: number | null; calledAt?: number }) => {
    const decision = decide(pollOf({ attempt }), solved, NOON, poll)
    if (decision.kind !== 'settle' || decision.ending.kind !== 'solved') throw new Error('not solved')
    return decision.ending.doneAt - NOON
  }
  const drawn = (lastPendingAt: number) =>
    Array.from({ length: 400 }, (_, n) => doneAt(`attempt-${n}`, { lastPendingAt, pollSeconds: 5 })).sort(
      (a, b) => a - b,
    )

  it.each([
    ['when the task was last known to be pending', NOON - 6000, -6000],
    ['one and a half intervals ago, where no poll found it pending', NOON - 30_000, -7500],
  ])('is drawn evenly from the time since %s', (_, lastPendingAt, from) => {
    const times = drawn(lastPendingAt)
    expect(times[0]).toBeGreaterThanOrEqual(from)
    expect(times.at(-1)).toBeLessThanOrEqual(0)
    for (const share of [0.1, 0.5, 0.9])
      expect(Math.abs((times[400 * share] ?? 0) - from * (1 - share))).toBeLessThan(-0.1 * from)
  })
  it('is the same one for an attempt, however often it is polled', () => {
    const poll = { lastPendingAt: NOON - 5000, pollSeconds: null }
    expect(doneAt('attempt-1', poll)).toBe(doneAt('attempt-1', poll))
  })
  it('is now at the latest, where the task was last pending in the future by a clock that is ahead', () => {
    expect(doneAt('attempt-1', { lastPendingAt: NOON + 5000, pollSeconds: null })).toBe(0)
  })
  it('is that of the callback, where one told of the solution', () => {
    expect(doneAt('attempt-1', { lastPendingAt: NOON - 5000, pollSeconds: null, calledAt: NOON - 250 })).toBe(-250)
  })
})

describe('a failed poll', () => {
  it.each(['task', 'unknown'] as const)('of class %s settles the task as failed at once', (kind) => {
    expect(decide(polled, failed(kind), NOON, poll)).toEqual(failedForGood(kind))
  })

  it('buys a task that could not be solved twice more, then settles it', () => {
    const decisionAfter = (unsolvable: number) => decide(pollOf({ unsolvable }), failed('unsolvable'), NOON, poll)
    expect(decisionAfter(0)).toEqual({ kind: 'resubmit', why: 'unsolvable' })
    expect(decisionAfter(1)).toEqual({ kind: 'resubmit', why: 'unsolvable' })
    expect(decisionAfter(2)).toEqual(failedForGood('unsolvable'))
    expect(RESUBMITS).toEqual({ unsolvable: 2, lostId: 1 })
  })

  it('buys a task whose id was lost once more, then settles it', () => {
    const decisionAfter = (lostIdResubmits: number) =>
      decide(pollOf({ lostIdResubmits }), failed('unsolvable', { lostId: true }), NOON, poll)
    expect(decisionAfter(0)).toEqual({ kind: 'resubmit', why: 'lostId' })
    expect(decisionAfter(1)).toEqual(failedForGood('unsolvable'))
  })

  it('counts the two causes apart', () => {
    expect(decide(pollOf({ unsolvable: 0, lostIdResubmits: 1 }), failed('unsolvable'), NOON, poll).kind).toBe(
      'resubmit',
    )
    const lostId = failed('unsolvable', { lostId: true })
    expect(decide(pollOf({ unsolvable: 2, lostIdResubmits: 0 }), lostId, NOON, poll).kind).toBe('resubmit')
  })

  it('settles a task whose message is lost, because nobody could buy it again', () => {
    expect(decide({ ...polled, body: '' }, failed('unsolvable'), NOON, poll)).toEqual(failedForGood('unsolvable'))
  })
})

describe('why a task in flight is not solved yet', () => {
  it.each([
    ['is that the provider works on it', pending, 'CAPCHA_NOT_READY from captchaai'],
    ['is the code of a poll that failed', failed('transient'), 'CODE from captchaai'],
    ['is the reason of the last poll that failed, where a solution came too late', solved, 'HTTP_502 from captchaai'],
  ] as const)('%s', (_, answer, reason) => {
    expect(lastReason({ ...polled, while: 'HTTP_502 from captchaai' }, answer)).toBe(reason)
  })
  it('is not known where a solution comes and no poll has failed', () => {
    expect(lastReason(polled, solved)).toBeUndefined()
  })
})
