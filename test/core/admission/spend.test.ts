import { expect, test } from 'vitest'
import type { Control } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../../functions/core/admission/item/initial.ts'
import { spendLimitReached, spentNow } from '../../../functions/core/admission/places/spend.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const HOUR = 3_600_000
const TODAY = { hour: '2026-11-21T12', day: '2026-11-21' }
const { control } = initialAdmission(['captchaai'])
const spent = (spentHour: number, spentDay: number, spend: Control['spend'] = TODAY) => ({
  counts: { spentHour, spentDay },
  control: { ...control, spend },
})

test('the counters are those of the hour and the day that they are labelled with', () => {
  expect(spentNow(spent(3, 7), NOON)).toEqual({ labels: TODAY, hour: 3, day: 7 })
  const next = { hour: '2026-11-21T13', day: '2026-11-21' }
  expect(spentNow(spent(3, 7), NOON + HOUR)).toEqual({ labels: next, hour: 0, day: 7 })
  const tomorrow = { hour: '2026-11-22T12', day: '2026-11-22' }
  expect(spentNow(spent(3, 7), NOON + 24 * HOUR)).toEqual({ labels: tomorrow, hour: 0, day: 0 })
  expect(spentNow(spent(3, 7, null), NOON)).toEqual({ labels: TODAY, hour: 0, day: 0 })
})

test('a worker whose clock is behind does not begin the last hour again', () => {
  expect(spentNow(spent(3, 7), NOON - 1)).toEqual({ labels: TODAY, hour: 3, day: 7 })
})

test.each([
  ['no limit is set', { spendPerHour: null, spendPerDay: null }, null],
  ['there is room', { spendPerHour: 4, spendPerDay: 8 }, null],
  ['the hour is used up', { spendPerHour: 3, spendPerDay: 8 }, 'hour'],
  ['the day is used up', { spendPerHour: 4, spendPerDay: 7 }, 'day'],
  ['both are', { spendPerHour: 3, spendPerDay: 7 }, 'hour'],
  ['a limit is 0', { spendPerHour: null, spendPerDay: 0 }, 'day'],
] as const)('which limit is reached where %s', (_, limits, reached) => {
  expect(spendLimitReached(spent(3, 7), limits, NOON)).toBe(reached)
})

test('at the end of a day a worker whose clock is behind counts in the day that others began', () => {
  const MIDNIGHT = NOON + 12 * HOUR
  const begun = { hour: '2026-11-22T00', day: '2026-11-22' }
  expect(spentNow(spent(3, 7, begun), MIDNIGHT - 1)).toEqual({ labels: begun, hour: 3, day: 7 })
  const before = { hour: '2026-11-21T23', day: '2026-11-21' }
  expect(spentNow(spent(3, 7, before), MIDNIGHT)).toEqual({ labels: begun, hour: 0, day: 0 })
})
