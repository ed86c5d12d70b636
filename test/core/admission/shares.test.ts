import { expect, test } from 'vitest'
import { capOf } from '../../../functions/core/admission/shares.ts'

test.each([
  ['normal', 'low', 100, 100],
  ['degraded', 'critical', 100, 100],
  ['degraded', 'normal', 100, 90],
  ['degraded', 'normal', 2, 1],
  ['degraded', 'low', 1, 1],
  ['degraded', 'low', 0, 0],
  ['emergency', 'critical', 30, 30],
  ['emergency', 'high', 30, 7],
  ['emergency', 'normal', 30, 1],
  ['emergency', 'low', 0, 0],
] as const)('in mode %s tasks of priority %s may fill %i places up to %i', (mode, priority, limit, cap) => {
  expect(capOf(limit, mode, priority)).toBe(cap)
})
