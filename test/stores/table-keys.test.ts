import { expect, it } from 'vitest'
import { historyKey, outcomeKey, taskKey } from '../../functions/contract/table.ts'
import { NOON } from '../../sim/memory/clock.ts'

it('an hour and a day of the history have keys that sort in the order of time, each among its own', () => {
  expect(historyKey('hour', NOON + 3_599_999)).toEqual({ pk: 'fleet', sk: 'history#2026-11-21T12' })
  expect(historyKey('day', NOON)).toEqual({ pk: 'fleet', sk: 'history-day#2026-11-21' })
})

it('a task is found by its id, and an outcome by its shard, its time and its invocation', () => {
  expect(taskKey('order:17')).toEqual({ pk: 'task#order:17', sk: 'task' })
  expect(outcomeKey(3, '2026-11-21T12:00:00.000Z', 'i-1')).toEqual({
    ...{ pk: 'outcome#3', sk: '2026-11-21T12:00:00.000Z#i-1' },
  })
})
