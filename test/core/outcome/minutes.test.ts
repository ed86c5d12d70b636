import { describe, expect, it } from 'vitest'
import {
  addMinutes,
  calledBackOf,
  clientErrorsOf,
  errorRateOf,
  settledPerSecond,
} from '../../../functions/core/outcome/minutes.ts'
import { HOUR, MINUTE, minute, NOON, SECOND } from '../../build/evidence.ts'
import { accepted, expired, failed, outcome, received, solved } from '../../build/outcomes.ts'

describe('minutes', () => {
  it('are those of the last hour, each outcome in its own', () => {
    const now = NOON + 30 * SECOND
    const times = [NOON - HOUR, NOON - 59 * MINUTE, NOON - 1, NOON, NOON + 29 * SECOND]
    const minutes = addMinutes(
      [],
      times.map((at) => outcome(at, [solved(at)])),
      now,
    )
    expect(minutes.map(({ at, solved }) => [(at - NOON) / MINUTE, solved])).toEqual([
      [-59, 1],
      [-1, 1],
      [0, 2],
    ])
  })
  it('add to those that are there', () => {
    const before = [minute(NOON, { solved: 2, failed: 1, counted: 1 })]
    expect(addMinutes(before, [outcome(NOON, [failed(NOON), failed(NOON, false)])], NOON)).toEqual([
      minute(NOON, { solved: 2, failed: 3, counted: 2, ownFault: 1 }),
    ])
  })
})

describe('minutes of outcomes', () => {
  it('are in order of time, in whatever order the outcomes are read, and count expired tasks of both kinds', () => {
    const [early, late] = [NOON - 2 * MINUTE, NOON - MINUTE]
    const items = [
      outcome(late, [received(late), expired(late, null), expired(late, 1), expired(late, 1)]),
      outcome(NOON, [accepted(NOON), { kind: 'invalid', at: NOON, code: 'X' }]),
      outcome(early, [solved(early)], { unknown: 2 }),
    ]
    expect(addMinutes([minute(NOON, { received: 4 })], items, NOON)).toEqual([
      minute(early, { solved: 1, unknown: 2 }),
      minute(late, { received: 1, expired: 3, counted: 2 }),
      minute(NOON, { received: 4, accepted: 1, invalid: 1 }),
    ])
  })
})

describe('the tasks settled per second', () => {
  const now = NOON + 30 * SECOND
  it.each([
    ['are those of three minutes, the running one and the two before it', [0, -1, -2, -3], 3 * 5],
    ['are none of a quarter of an hour ago', [-15, -3], null],
    ['are none where nothing was', [], null],
  ])('%s', (_, minutesAgo, settled) => {
    const minutes = minutesAgo.map((ago) =>
      minute(NOON + ago * MINUTE, { solved: 2, failed: 3, expired: 9, counted: 3 }),
    )
    expect(settledPerSecond(minutes, now)).toBe(settled === null ? null : settled / 150)
  })

  it('count the time since the first of these minutes began, not since the first task', () => {
    expect(settledPerSecond([minute(NOON, { solved: 30 })], now)).toBe(30 / 150)
    expect(settledPerSecond([minute(NOON, { solved: 30 })], NOON)).toBe(30 / 120)
  })
})

describe('the error rate', () => {
  it('is counted failures over counted settled tasks', () => {
    expect(errorRateOf([minute(NOON, { solved: 6, failed: 9, counted: 4 })], NOON + MINUTE)).toBe(0.4)
  })
  it('is none of fewer than ten', () => {
    expect(errorRateOf([minute(NOON, { solved: 1, counted: 8 })], NOON + MINUTE)).toBeNull()
    expect(errorRateOf([minute(NOON, { solved: 1, counted: 9 })], NOON + MINUTE)).toBe(0.9)
    expect(errorRateOf([], NOON)).toBeNull()
  })
  it('looks back five minutes and takes the minute in which they begin whole', () => {
    const old = [minute(NOON, { counted: 10 })]
    expect(errorRateOf(old, NOON + 6 * MINUTE - 1)).toBe(1)
    expect(errorRateOf(old, NOON + 6 * MINUTE)).toBeNull()
  })
})

describe('client errors', () => {
  it('are messages that are no tasks and tasks that failed by their own fault, over all messages', () => {
    expect(clientErrorsOf([minute(NOON, { received: 6, ownFault: 1, invalid: 4 })], NOON + MINUTE)).toBe(0.5)
  })
  it('are no rate of fewer than ten messages', () => {
    expect(clientErrorsOf([minute(NOON, { received: 5, invalid: 4 })], NOON + MINUTE)).toBeNull()
  })
})

describe('the share of solutions that callbacks told of', () => {
  it('counts what pingback settled over all solutions, of ten at least', () => {
    const byCallback = outcome(NOON, [solved(NOON), solved(NOON), solved(NOON)], { function: 'pingback' })
    const byPoll = outcome(
      NOON,
      Array.from({ length: 7 }, () => solved(NOON)),
    )
    expect(calledBackOf(addMinutes([], [byCallback, byPoll], NOON), NOON)).toBe(0.3)
    expect(calledBackOf(addMinutes([], [byCallback], NOON), NOON)).toBeNull()
  })
})
