import { describe, expect, it } from 'vitest'
import { accumulate, aliveAt, startFrom } from '../../../functions/core/evidence/sweep-accumulator.ts'
import { evidence, MINUTE, NOON, SECOND, totals } from '../../build/evidence.ts'
import { outcome, parked, polled, received, solved } from '../../build/outcomes.ts'

const SWEPT = NOON - MINUTE
const last = (changes: Parameters<typeof evidence>[0] = {}) => ({ evidence: evidence(changes), sweptAt: SWEPT })
const at = (seconds: number) => SWEPT + seconds * SECOND

describe('what a sweep starts from', () => {
  it('is nothing where there was no sweep before', () => {
    expect(startFrom(null, NOON)).toEqual({
      demand: { counted: 0, openSince: null, lastActivityAt: null },
      ...{
        workers: {},
        lastOutcomeAt: null,
        oldestParkedAt: null,
        recovery: null,
        failingUntil: null,
        scannedUntil: 0,
        lastSolveScanned: 0,
      },
    })
  })
  it('is the evidence of the last sweep, with the time up to which that reaches', () => {
    const before = { workers: { w: at(-5) }, lastOutcomeAt: at(-5), totals: totals({ lastSolveAt: at(-9) }) }
    expect(startFrom(last({ ...before, demand: true, demandSeconds: 30 }), NOON)).toEqual({
      demand: { counted: 30_000, openSince: SWEPT, lastActivityAt: null },
      ...{ workers: { w: at(-5) }, lastOutcomeAt: at(-5), oldestParkedAt: null },
      ...{ recovery: null, failingUntil: null },
      ...{ scannedUntil: SWEPT, lastSolveScanned: at(-9) },
    })
  })
})

describe('outcomes, as they are read', () => {
  const begun = startFrom(last({ lastOutcomeAt: null }), NOON)

  it('change nothing where there are none', () => {
    expect(accumulate(begun, [], NOON)).toBe(begun)
  })

  it('tell when a worker last did something; a callback is no worker', () => {
    const items = [
      outcome(at(20), [received(at(20))], { worker: 'submit-1', function: 'submit' }),
      outcome(at(10), [polled(at(10))], { worker: 'collect-1', function: 'collect' }),
      outcome(at(30), [solved(at(30))], { worker: 'pingback-1', function: 'pingback' }),
    ]
    const { workers, lastOutcomeAt } = accumulate(begun, items, NOON)
    expect(workers).toEqual({ 'submit-1': at(20), 'collect-1': at(10) })
    expect(lastOutcomeAt).toBe(at(20))
  })

  it('tell when the oldest parked task had come, of the outcomes that the last sweep has not seen', () => {
    const seen = outcome(at(0), [parked(at(0), at(-500))])
    const late = outcome(at(1), [parked(at(1), at(-40))])
    const later = outcome(at(2), [parked(at(2), at(-20))])
    expect(accumulate(begun, [seen, late, later], NOON).oldestParkedAt).toBe(at(-40))
    expect(accumulate(accumulate(begun, [late], NOON), [later], NOON).oldestParkedAt).toBe(at(-40))
    expect(accumulate(begun, [seen], NOON).oldestParkedAt).toBeNull()
  })

  it('begin demand with the first one after the last sweep', () => {
    expect(accumulate(begun, [outcome(at(7), [received(at(7))])], NOON).demand.openSince).toBe(at(7))
    expect(accumulate(begun, [outcome(at(0), [received(at(0))])], NOON).demand.openSince).toBeNull()
  })

  it('that were written late end the demand counted so far only where they hold a solve nobody has seen', () => {
    const counted = startFrom(last({ demandSeconds: 90, demand: true, totals: totals({ lastSolveAt: at(-20) }) }), NOON)
    const countedAfter = (solvedAt: number) =>
      accumulate(counted, [outcome(at(-1), [solved(solvedAt)])], NOON).demand.counted
    expect(countedAfter(at(-19))).toBe(0)
    expect(countedAfter(at(-20))).toBe(90_000)
  })
})

describe('the workers that are alive', () => {
  it('are those whose last outcome is less than two minutes old', () => {
    const workers = { here: NOON - 2 * MINUTE + 1, gone: NOON - 2 * MINUTE }
    expect(Object.keys(aliveAt(workers, [], NOON))).toEqual(['here'])
  })
  it('are known by their latest outcome, in whatever order those are read', () => {
    const items = [3, 9, 5].map((seconds) => outcome(NOON - seconds * SECOND, [], { worker: 'w' }))
    expect(aliveAt({ w: NOON - 7 * SECOND }, items, NOON)).toEqual({ w: NOON - 3 * SECOND })
  })
  it('are the latest 500, so that the record does not grow with the fleet', () => {
    const workers = Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`w${500 - i}`, NOON - 500 + i]))
    const alive = aliveAt(workers, [], NOON)
    expect(Object.keys(alive)).toHaveLength(500)
    expect(alive).toHaveProperty('w0')
    expect(alive).not.toHaveProperty('w500')
  })
})
