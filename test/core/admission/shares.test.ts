import { expect, test } from 'vitest'
import { capOf } from '../../../functions/core/admission/places/shares.ts'

test.each([
  ['normal', 'low', 100, 100],
  ['degraded', 'critical', 100, 100],
  ['degraded', 'normal', 100, 90],
  ['degraded', 'normal', 30, 27],
  ['degraded', 'normal', 11, 10],
  ['degraded', 'normal', 9, 9],
  ['degraded', 'normal', 2, 2],
  ['degraded', 'low', 100, 50],
  ['degraded', 'low', 3, 2],
  ['degraded', 'low', 2, 1],
  ['degraded', 'low', 1, 1],
  ['degraded', 'low', 0, 0],
  ['emergency', 'critical', 30, 30],
  ['emergency', 'high', 40, 10],
  ['emergency', 'high', 30, 8],
  ['emergency', 'high', 3, 1],
  ['emergency', 'high', 1, 1],
  ['emergency', 'normal', 30, 1],
  ['emergency', 'low', 0, 0],
] as const)('in mode %s tasks of priority %s may fill %i places up to %i', (mode, priority, limit, cap) => {
  expect(capOf(limit, mode, priority)).toBe(cap)
})

test('a share keeps whole places free: never more than the rest of it, and never the last one', () => {
  for (let limit = 1; limit <= 1000; limit += 1)
    for (const [priority, tenths] of [
      ['normal', 9],
      ['low', 5],
    ] as const)
      expect(limit - capOf(limit, 'degraded', priority)).toBe(Math.floor((limit * (10 - tenths)) / 10))
})
