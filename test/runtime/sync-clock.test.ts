import { expect, it } from 'vitest'
import { makeClockSync } from '../../functions/runtime/sync-clock.ts'

it.each([
  [0, true, 1],
  [1, true, 2],
  [2, true, 3],
  [3, false, 3],
])(
  'after %i reads of the table without an answer it is %s that the clock is set, by %i reads',
  async (failures, isSet, reads) => {
    const asked: string[] = []
    const syncClock = makeClockSync({
      read: async (taskId) => {
        if (asked.push(taskId) <= failures) throw new Error('down')
        return undefined
      },
    })
    expect(await syncClock()).toBe(isSet)
    expect(asked).toEqual(Array(reads).fill('-'))
    expect(await syncClock()).toBe(true)
    expect(asked).toHaveLength(isSet ? reads : reads + 1)
  },
)
