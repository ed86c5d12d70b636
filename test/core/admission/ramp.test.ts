import { expect, test } from 'vitest'
import { rampBudget } from '../../../functions/core/admission/breaker/ramp.ts'

test.each([
  [0, 5],
  [0.9, 9],
  [1, 10],
  [5, 30],
  [6, 40],
  [10, 80],
  [14.9, 178],
  [15, 180],
])('%d s after a ramp began %i submits were allowed: 5 a second, doubled every 5 s', (seconds, budget) => {
  expect(rampBudget(1000, 1000 + seconds * 1000, 1000)).toBe(budget)
})

test('the ramp is over when it would allow more than maxInFlight a second', () => {
  expect(rampBudget(0, 4999, 9)).not.toBeNull()
  expect(rampBudget(0, 5000, 9)).toBeNull()
  expect([9999, 10_000].map((at) => rampBudget(0, at, 10))).toEqual([79, null])
  expect(rampBudget(0, 24_999, 100)).not.toBeNull()
  expect(rampBudget(0, 25_000, 100)).toBeNull()
  expect(rampBudget(0, 10 * 3_600_000, 1_000_000)).toBeNull()
})

test('a clock that is behind the one that began the ramp allows the first second', () => {
  expect(rampBudget(60_000, 0, 100)).toBe(5)
})
