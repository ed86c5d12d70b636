import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../functions/contract/limits.ts'
import { eachCount } from '../../../functions/core/outcome/counts.ts'
import type { OutcomeEvent } from '../../../functions/core/outcome/event.ts'
import { combine, EMPTY_SUMMARY, HISTOGRAM_SECONDS, shardOf } from '../../../functions/core/outcome/summary.ts'
import { summarise } from '../../../functions/core/outcome/summary-of.ts'
import type { FailureClass } from '../../../functions/core/provider/error-class.ts'
import { MINUTE, NOON, SECOND } from '../../build/evidence.ts'
import { accepted, expired, failed, parked, slow, solved } from '../../build/outcomes.ts'
import { anyHappening, anySummary } from '../arbitraries.ts'

describe('summaries add up', () => {
  it('every plain count of one to that of the other, and to nothing else', () => {
    const counts = { ...EMPTY_SUMMARY, ...eachCount(1) }
    expect(combine(counts, { ...EMPTY_SUMMARY, ...eachCount(2) })).toEqual({ ...EMPTY_SUMMARY, ...eachCount(3) })
    expect(Object.keys(counts).filter((name) => typeof Object(counts)[name] === 'number')).toEqual([
      ...Object.keys(eachCount(0)),
      'trailingFailures',
      'trailingTransport',
    ])
  })

  it('without the fields of the items that they come from', () => {
    const item = { ...EMPTY_SUMMARY, at: NOON, invocation: 'i', worker: 'w', function: 'submit' } as const
    expect(combine(item, item)).toEqual(EMPTY_SUMMARY)
  })

  it('associatively, wherever a stretch of time is cut', () => {
    fc.assert(
      fc.property(anySummary, anySummary, anySummary, (a, b, c) => {
        expect(combine(combine(a, b), c)).toEqual(combine(a, combine(b, c)))
      }),
      { numRuns: 3000 },
    )
  })
  it('with nothing to what they were', () => {
    fc.assert(
      fc.property(anySummary, (a) => {
        expect(combine(EMPTY_SUMMARY, a)).toEqual(a)
        expect(combine(a, EMPTY_SUMMARY)).toEqual(a)
      }),
      { numRuns: 1000 },
    )
  })
  it('to the same however events are dealt to invocations in order', () => {
    const dealt = fc.array(fc.array(anyHappening, { maxLength: 6 }), { maxLength: 6 })
    fc.assert(
      fc.property(dealt, (invocations) => {
        const inParts = invocations.map(summarise).reduce(combine, EMPTY_SUMMARY)
        expect(inParts).toEqual(summarise(invocations.flat()))
      }),
      { numRuns: 1000 },
    )
  })
  it('to every charge explained once', () => {
    const spent = { resubmitted: 2, unknown: 1 }
    const {
      solved: s,
      failedCharged,
      expiredSubmitted,
      resubmitted,
      unknown,
    } = summarise([
      { kind: 'solved', at: NOON, method: 'turnstile', seconds: 9, spent },
      { kind: 'failed', at: NOON, class: 'unsolvable', counted: true, charged: true, spent },
      { kind: 'failed', at: NOON, class: 'uncertain', counted: true, charged: false, spent },
      { kind: 'expired', at: NOON, submittedAt: NOON - MINUTE, counted: true, spent },
      { kind: 'expired', at: NOON, submittedAt: null, counted: false, spent: { resubmitted: 0, unknown: 1 } },
    ])
    expect(s + failedCharged + expiredSubmitted + resubmitted + unknown).toBe(3 + 4 * 3 + 1)
  })
})

describe('the sum of solve times', () => {
  it('lies between the lower and the upper bounds of the solves that it is of, method by method', () => {
    fc.assert(
      fc.property(fc.array(anySummary, { maxLength: 6 }), (summaries) => {
        const { solveSeconds, solveMs } = summaries.reduce(combine, EMPTY_SUMMARY)
        expect(Object.keys(solveMs)).toEqual(Object.keys(solveSeconds))
        for (const [method, counts] of Object.entries(solveSeconds)) {
          const least = counts.reduce((sum, count, n) => sum + count * (HISTOGRAM_SECONDS[n - 1] ?? 0), 0)
          const most = counts.reduce((sum, count, n) => sum + count * (HISTOGRAM_SECONDS[n] ?? 400), 0)
          const seconds = (solveMs[method] ?? Number.NaN) / 1000
          expect(seconds).toBeGreaterThanOrEqual(least)
          expect(seconds).toBeLessThanOrEqual(most)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('is exact, whatever the fractions of the seconds and the order of the solves', () => {
    const solves = [0.1, 0.2, 12.345, 300.7, 0.3].map((seconds) => solved(NOON, seconds))
    const sums = [solves, solves.toReversed()].map((events) => summarise(events).solveMs)
    expect(sums).toEqual([{ userrecaptcha: 313_645 }, { userrecaptcha: 313_645 }])
  })
})

describe('the streak', () => {
  const streakOf = (...events: Parameters<typeof summarise>[0]) => summarise(events).trailingFailures

  it('counts failures and expiries after submit since the last solve', () => {
    expect(streakOf(failed(1), solved(2), failed(3), expired(4, 1), failed(5))).toBe(3)
  })
  it('is ended by a solve', () => {
    expect(streakOf(failed(1), failed(2), solved(3))).toBe(0)
  })
  it("does not count a task's own fault, nor one that expired while only waiting", () => {
    expect(streakOf(failed(1), failed(2, false), expired(3, null))).toBe(1)
  })
})

describe('what a summary remembers of failures', () => {
  const spent = { resubmitted: 0, unknown: 1 }
  const lost = { kind: 'failed', at: 5, class: 'uncertain', counted: true, charged: false, spent } as const
  it('is how many of the streak the way to the provider made, until a solve', () => {
    expect(summarise([failed(1), lost, lost]).trailingTransport).toBe(2)
    expect(summarise([lost, solved(2), lost]).trailingTransport).toBe(1)
    expect(summarise([lost, solved(2)]).trailingTransport).toBe(0)
  })
  it('is the last one that counts', () => {
    expect(summarise([failed(7), failed(9, false), expired(10, null)]).lastFailureAt).toBe(7)
    expect(summarise([failed(7), expired(10, 1)]).lastFailureAt).toBe(10)
    expect(summarise([failed(7), expired(10, 1, false)]).lastFailureAt).toBe(7)
    expect(summarise([failed(7), solved(8)]).lastFailureAt).toBe(7)
  })
  it('is nothing of the streak where a task expired after a flight too short to be solved', () => {
    const short = summarise([expired(10, 1, false)])
    expect(short).toMatchObject({ expiredSubmitted: 1, counted: 0, trailingFailures: 0, lastExpiredSubmittedAt: null })
  })
})

describe('slow tasks', () => {
  it('are forgotten at a solve', () => {
    expect(summarise([slow(NOON, 'a', 1), solved(NOON), slow(NOON, 'b', 2)]).slow.map((t) => t.taskId)).toEqual(['b'])
  })
  it('are named once each, as last seen, those of the latest minute first and then the oldest, ten at most', () => {
    const early = Array.from({ length: 12 }, (_, n) => slow(NOON, `old-${n}`, n))
    const late = [slow(NOON + MINUTE, 'old-11', 11), slow(NOON + MINUTE, 'old-4', 4)]
    const named = summarise([...early, ...late]).slow.map((task) => task.taskId)
    expect(named).toEqual(['old-4', 'old-11', 'old-0', 'old-1', 'old-2', 'old-3', 'old-5', 'old-6', 'old-7', 'old-8'])
  })
})

describe('what providers last said of the account', () => {
  const refusedAt = (second: number, of: FailureClass = 'auth'): OutcomeEvent => ({
    ...{ kind: 'refused', at: NOON + second * SECOND, provider: 'captchaai', class: of, code: 'ERROR_OF_TEST' },
  })
  const acceptedAt = (second: number) => accepted(NOON + second * SECOND)
  const lastOf = (...events: OutcomeEvent[]) => summarise(events).accountAnswers.captchaai
  const refusal = { class: 'auth', code: 'ERROR_OF_TEST' }
  it('is the latest answer, also where invocations overlap', () => {
    expect(lastOf(acceptedAt(1), refusedAt(2))).toEqual({ at: NOON + 2000, refusal })
    expect(lastOf(refusedAt(1), acceptedAt(2))).toEqual({ at: NOON + 2000, refusal: null })
    expect(lastOf(acceptedAt(2), refusedAt(1))).toEqual({ at: NOON + 2000, refusal: null })
  })
  it('is nothing that a single task or a busy provider is to blame for', () => {
    for (const of of ['task', 'capacity', 'transient', 'uncertain', 'blocked', 'rate'] as const)
      expect(lastOf(refusedAt(1), refusedAt(2, of))).toEqual({ at: NOON + 1000, refusal })
  })
  it('is told for each provider', () => {
    const poll = { kind: 'pollRefused', at: NOON, provider: 'twocaptcha', class: 'funds', code: 'NO_FUNDS' } as const
    expect(summarise([acceptedAt(0), poll]).accountAnswers).toEqual({
      captchaai: { at: NOON, refusal: null },
      twocaptcha: { at: NOON, refusal: { class: 'funds', code: 'NO_FUNDS' } },
    })
  })
})

it('the oldest parked task is remembered until a submit is accepted', () => {
  expect(summarise([parked(9, 5), parked(9, 3)]).oldestParkedAt).toBe(3)
  expect(summarise([parked(9, 3), accepted(9), parked(9, 7)]).oldestParkedAt).toBe(7)
})

it('method names that clients make up share one histogram', () => {
  const made = ['x', 'y', '__proto__'].map((method) => ({ ...solved(NOON), method }))
  expect(Object.keys(summarise([...made, solved(NOON)]).solveSeconds).sort()).toEqual(['other', 'userrecaptcha'])
})

describe('the shard of an outcome', () => {
  it('is the same each time, within the contract, and all are used alike', () => {
    const counts = Array.from({ length: LIMITS.outcomeShards }, () => 0)
    for (let n = 0; n < 16_000; n += 1) {
      const shard = shardOf(`9f0c2a77-${n}-4e1b`)
      expect(shard).toBe(shardOf(`9f0c2a77-${n}-4e1b`))
      counts[shard] = (counts[shard] ?? Number.NaN) + 1
    }
    expect(LIMITS.outcomeShards).toBe(16)
    expect(Math.min(...counts)).toBeGreaterThan(800)
    expect(Math.max(...counts)).toBeLessThan(1200)
  })
})

it('the last 20 changes that workers made are kept, the latest last', () => {
  const changed = (at: number): OutcomeEvent => ({
    kind: 'changed',
    at,
    what: 'breaker',
    provider: 'captchaai',
    from: 'closed',
    to: 'open',
    cause: '5 submits: HTTP_502',
  })
  const [first, second] = [0, 15].map((from) => summarise(Array.from({ length: 15 }, (_, n) => changed(from + n))))
  const all = combine(first ?? EMPTY_SUMMARY, second ?? EMPTY_SUMMARY)
  expect(all.changes.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, n) => 10 + n))
  expect(all.changes[0]).toEqual({
    at: 10,
    what: 'breaker',
    provider: 'captchaai',
    from: 'closed',
    to: 'open',
    cause: '5 submits: HTTP_502',
  })
})
