import { describe, expect, it } from 'vitest'
import { initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { afterAccepted, afterSaturation, limitAt } from '../../../functions/core/admission/places/capacity.ts'

const T = Date.UTC(2026, 10, 21, 12)
const limit = (more: Partial<typeof initialProvider>, second = 0) =>
  limitAt({ ...initialProvider, ...more }, 100, T + second * 1000)

describe('the limit at one provider', () => {
  it('is the smallest of what a person allows, the threads that the provider tells, and what was learned', () => {
    expect(limit({})).toBe(100)
    expect(limit({ threads: 30 })).toBe(30)
    expect(limit({ threads: 500 })).toBe(100)
    expect(limit({ threads: 0 })).toBe(0)
    const learned = { limit: 12, at: T, raiseAfterSeconds: 10 }
    expect(limit({ threads: 30, learned })).toBe(12)
    expect(limit({ threads: 8, learned })).toBe(8)
  })

  it('lets one task more than learned try when the wait is over, never above the threads that are told', () => {
    const learned = { limit: 12, at: T, raiseAfterSeconds: 10 }
    expect([9.9, 10, 500].map((second) => limit({ learned }, second))).toEqual([12, 13, 13])
    expect(limit({ learned, threads: 12 }, 10)).toBe(12)
  })

  it('comes down at once to what was really in flight, but never below one', () => {
    expect(afterSaturation(null, 7, T)).toEqual({ limit: 7, at: T, raiseAfterSeconds: 10 })
    expect(afterSaturation({ limit: 50, at: T, raiseAfterSeconds: 640 }, 2, T + 1)).toEqual({
      limit: 2,
      at: T + 1,
      raiseAfterSeconds: 10,
    })
    expect(afterSaturation(null, 0, T).limit).toBe(1)
  })

  it('waits twice as long after each trial in vain, up to 900 s', () => {
    let learned = afterSaturation(null, 2, T)
    const waits = Array.from({ length: 9 }, () => {
      learned = afterSaturation(learned, 2, T)
      return learned.raiseAfterSeconds
    })
    expect(waits).toEqual([20, 40, 80, 160, 320, 640, 900, 900, 900])
    expect(learned.limit).toBe(2)
  })

  it('rises by the task that was accepted above it, and waits half as long for the next trial', () => {
    const learned = { limit: 2, at: T, raiseAfterSeconds: 40 }
    expect(afterAccepted(learned, 2, T + 50_000)).toBe(learned)
    expect(afterAccepted(learned, 3, T + 50_000)).toEqual({ limit: 3, at: T + 50_000, raiseAfterSeconds: 20 })
    expect(afterAccepted({ ...learned, raiseAfterSeconds: 1 }, 3, T)?.raiseAfterSeconds).toBe(1)
    expect(afterAccepted(null, 50, T)).toBeNull()
  })
})

it('a fleet that always wants more finds the number of threads and tries in vain nine times an hour', () => {
  const threads = 5
  let learned = afterSaturation(null, 1, T)
  let inVain = 0
  for (let second = 0; second < 3600; second += 1) {
    const at = T + second * 1000
    const inFlight = limitAt({ ...initialProvider, learned }, 100, at)
    if (inFlight > threads) {
      inVain += 1
      learned = afterSaturation(learned, threads, at)
    } else learned = afterAccepted(learned, inFlight, at) ?? learned
  }
  expect(learned.limit).toBe(threads)
  expect(inVain).toBeLessThanOrEqual(13)
})

it.each([
  [1, { limit: 1, at: T + 3000, raiseAfterSeconds: 10 }],
  [4, { limit: 4, at: T + 3000, raiseAfterSeconds: 10 }],
  [5, { limit: 5, at: T + 3000, raiseAfterSeconds: 80 }],
  [6, { limit: 5, at: T + 3000, raiseAfterSeconds: 80 }],
  [9, { limit: 5, at: T + 3000, raiseAfterSeconds: 80 }],
])('no thread is free with %i in flight where five were learned: %o', (inFlight, learned) => {
  expect(afterSaturation({ limit: 5, at: T, raiseAfterSeconds: 40 }, inFlight, T + 3000)).toEqual(learned)
})

it('a submit that is accepted with several more in flight than were learned raises the limit to all of them', () => {
  const learned = { limit: 5, at: T, raiseAfterSeconds: 40 }
  expect(afterAccepted(learned, 9, T + 3000)).toEqual({ limit: 9, at: T + 3000, raiseAfterSeconds: 20 })
})
