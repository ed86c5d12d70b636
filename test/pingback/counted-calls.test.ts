import { expect, it } from 'vitest'
import { makeCountedCalls } from '../../functions/pingback/counted-calls.ts'

it('calls are counted at once, then once a minute at most, from the last count on, each call in one count', () => {
  let time = 7_777
  const counts: [at: number, name: string, value: number][] = []
  const counted = makeCountedCalls(
    { now: () => time, sleep: async () => {} },
    (name, value) => counts.push([time, name, value]),
    'PingbacksRepeated',
  )
  // Three before the first minute is over, then none for some minutes, then a burst, and a minute after that.
  for (const at of [8_000, 8_001, 67_000, 67_999, 68_000, 250_000, 250_000, 309_999, 310_000, 370_001]) {
    time = at
    counted()
  }
  expect(counts).toEqual([
    [8_000, 'PingbacksRepeated', 1],
    [68_000, 'PingbacksRepeated', 4],
    [250_000, 'PingbacksRepeated', 1],
    [310_000, 'PingbacksRepeated', 3],
    [370_001, 'PingbacksRepeated', 1],
  ])
})
