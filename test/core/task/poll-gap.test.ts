import { describe, expect, it } from 'vitest'
import { gapAfter } from '../../../functions/core/task/poll-gap.ts'

/** Seconds from a poll to the next one, of a task that is so many seconds old. */
const gap = (ageSeconds: number, intervalSeconds: number, countsRequests: boolean): number =>
  gapAfter(ageSeconds * 1000, intervalSeconds * 1000, countsRequests) / 1000

describe('the gap between two polls', () => {
  it.each([
    ['is the interval until a task is two minutes old', 119.999, 5, 5],
    ['is about a third of its age from then on', 120, 5, 42],
    ['grows in whole seconds', 122.8, 5, 42],
    ['and on', 122.9, 5, 43],
    ['is never shorter than the interval', 130, 60, 60],
  ])('%s', (_, age, interval, seconds) => {
    expect(gap(age, interval, false)).toBe(seconds)
  })

  it.each([
    ['is the interval for 14 polls', 69.999, 5, 5],
    ['is half of the age after them', 70, 5, 35],
    ['is the interval for 40 s at least, however short it is', 39.999, 1, 1],
    ['is half of the age from then on', 40, 1, 20],
    ['is the interval for 80 s at most, however long it is', 79.999, 9, 9],
    ['is half of the age from then on', 80, 9, 40],
    ['is half of the age until four minutes', 239.999, 5, 119],
    ['is the whole age from then on', 240, 5, 240],
    ['is never shorter than the interval', 90, 60, 60],
  ])('%s, at a provider that counts requests (%d s old, every %d s)', (_, age, interval, seconds) => {
    expect(gap(age, interval, true)).toBe(seconds)
  })
})
