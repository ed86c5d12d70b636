import { describe, expect, it } from 'vitest'
import type { FailureClass } from '../../functions/core/provider/error-class.ts'
import { parkSeconds } from '../../functions/submit/park-delay.ts'

const HOUR = 3600
const bounds = { untilDeadline: HOUR, longest: 900 }
/** Without any spread. */
const MIDDLE = 0.5

describe('the delay of a parked task', () => {
  it.each<[FailureClass, number, number]>([
    ['capacity', 5, 30],
    ['inflight', 5, 30],
    ['rate', 10, 60],
    ['transient', 5, 60],
    ['uncertain', 5, 60],
    ['store', 5, 60],
    ['auth', 10, 60],
    ['funds', 5, 60],
    ['spend', 60, 900],
    ['blocked', 30, 600],
    ['unknown', 5, 60],
  ])('of class %s is %i s at first and %i s at most', (kind, first, longest) => {
    expect(parkSeconds(kind, 0, MIDDLE, bounds)).toBe(first)
    expect(parkSeconds(kind, 20, MIDDLE, bounds)).toBe(longest)
    expect(parkSeconds(kind, 100_000, MIDDLE, bounds)).toBe(longest)
  })

  it('of a critical task that waits for a place is 2 s four times and 10 s at most, and for anything else as long as any', () => {
    for (const why of ['inflight', 'capacity'] as const) {
      const delays = [0, 1, 2, 3, 4, 5].map((parks) => parkSeconds(why, parks, MIDDLE, { ...bounds, isCritical: true }))
      expect(delays).toEqual([2, 2, 2, 2, 3, 4])
      expect(parkSeconds(why, 20, MIDDLE, { ...bounds, isCritical: true })).toBe(10)
    }
    expect(parkSeconds('store', 20, MIDDLE, { ...bounds, isCritical: true })).toBe(60)
  })

  it.each([
    ['at its turn, however often it was parked', { turn: 41.3 }, 42],
    ['not before the provider allows it', { turn: 41.3, atLeast: 50 }, 50],
    ['a second after its deadline, where its turn comes later', { turn: 41.3, untilDeadline: 20 }, 21],
    ['as late as SQS can delay a message, where it has no turn before its deadline', { turn: Infinity }, 900],
  ])('a task with a turn comes back %s', (_, changed, seconds) => {
    for (const parks of [0, 7]) expect(parkSeconds('inflight', parks, 0, { ...bounds, ...changed })).toBe(seconds)
  })

  it('grows by half with every park', () => {
    expect([0, 1, 2, 3, 4].map((parks) => parkSeconds('blocked', parks, MIDDLE, bounds))).toEqual([
      30, 45, 68, 102, 152,
    ])
  })

  it('is spread by a fifth to either side, so that a crowd does not come back at once', () => {
    expect(parkSeconds('blocked', 20, 0, bounds)).toBe(480)
    expect(parkSeconds('blocked', 20, 0.9999, bounds)).toBe(720)
  })

  it.each([
    ['is what the provider asks for, where that is longer', { atLeast: 44.2 }, 45],
    ['is our own, where the provider asks for less', { atLeast: 3 }, 10],
    ['is as long as SQS can delay a message, where the provider asks for more', { atLeast: 5000 }, 900],
    ['ends a second after the deadline, where that comes first', { untilDeadline: 7.5 }, 9],
    ['ends a second after the deadline also where the provider asks for more', { atLeast: 60, untilDeadline: 3 }, 4],
    ['is a second where the deadline has passed', { untilDeadline: 0 }, 1],
    ['is never shorter than a second', { longest: 0.1 }, 1],
  ])('%s', (_, changed, seconds) => {
    expect(parkSeconds('rate', 0, MIDDLE, { ...bounds, ...changed })).toBe(seconds)
  })

  it('goes on growing after the deadline where the table is silent, and only there', () => {
    const late = { untilDeadline: 0, longest: 900 }
    expect([0, 1, 2, 20].map((parks) => parkSeconds('store', parks, MIDDLE, late))).toEqual([5, 8, 12, 60])
    expect(parkSeconds('store', 20, MIDDLE, { ...late, untilDeadline: 7.5 })).toBe(9)
    expect(parkSeconds('transient', 20, MIDDLE, late)).toBe(1)
  })
})
