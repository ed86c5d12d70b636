import { expect, test } from 'vitest'
import { byUrgency, effectivePriority } from '../../../functions/core/admission/waits/effective-priority.ts'
import type { Priority } from '../../../functions/core/task/task.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const NINETY_SECONDS = { enqueuedAt: NOON, deadlineAt: NOON + 90_000 }

test.each<[Priority, number, Priority]>([
  ['low', 0, 'low'],
  ['low', 29.9, 'low'],
  ['low', 30, 'normal'],
  ['low', 60, 'high'],
  ['low', 90, 'critical'],
  ['normal', 30, 'high'],
  ['normal', 60, 'critical'],
  ['normal', 90, 'critical'],
  ['normal', 900, 'critical'],
  ['high', 29.9, 'high'],
  ['high', 30, 'critical'],
  ['critical', 89, 'critical'],
])('a task of priority %s that has waited %d s of its 90 s counts as %s', (priority, seconds, effective) => {
  expect(effectivePriority({ priority, ...NINETY_SECONDS }, NOON + seconds * 1000)).toBe(effective)
})

test('a task whose time stamp is ahead of the clock keeps its own priority', () => {
  expect(effectivePriority({ priority: 'low', enqueuedAt: 5000, deadlineAt: 95_000 }, 0)).toBe('low')
})

test('the more urgent comes first', () => {
  const sorted = (['normal', 'critical', 'low', 'high'] satisfies Priority[]).sort(byUrgency)
  expect(sorted).toEqual(['critical', 'high', 'normal', 'low'])
})
