import { describe, expect, it } from 'vitest'
import { countOf, meanOf, percentileOf, secondsByMiddles, sumOf } from '../../../functions/core/outcome/histogram.ts'
import { HISTOGRAM_SECONDS } from '../../../functions/core/outcome/summary.ts'

const LAST = HISTOGRAM_SECONDS.length
/** A histogram with these counts in these classes; class 0 ends at 2 s, the last one has no end. */
const times = (counts: Record<number, number>) => Array.from({ length: LAST + 1 }, (_, n) => counts[n] ?? 0)

describe('the seconds within which a share of the solves came', () => {
  it.each([
    ['nothing was solved', {}, 0.5, null],
    ['all came in one class', { 3: 7 }, 0.5, 15],
    ['exactly the half came by then', { 0: 5, 4: 5 }, 0.5, 2],
    ['a little less than the half came by then', { 0: 49, 4: 51 }, 0.5, 20],
    ['the share is reached in a later class, with classes of none in between', { 0: 94, 2: 0, 7: 6 }, 0.95, 45],
    ['the share is all', { 0: 99, 12: 1 }, 1, 300],
    ['it lies beyond the last bound', { 0: 1, [LAST]: 9 }, 0.5, Number.POSITIVE_INFINITY],
  ])('where %s: %o, %d → %s', (_, counts, share, seconds) => {
    expect(percentileOf(times(counts), share)).toBe(seconds)
  })
})

describe('the mean of the solve times', () => {
  it.each([
    ['nothing', {}, null],
    ['the first class, which begins at 0', { 0: 4 }, 1],
    ['a class in the middle', { 1: 2 }, 3.5],
    ['the last class with an end', { [LAST - 1]: 1 }, 240],
    ['the class without an end, which counts as up to 400 s', { [LAST]: 1 }, 350],
    ['several classes, by their counts', { 0: 3, 2: 1 }, (3 * 1 + 7.5) / 4],
  ])('of %s %o is %s', (_, counts, seconds) => {
    expect(meanOf(times(counts))).toBe(seconds)
  })
})

it('the sum by the middles is that of every class by its count, and 0 of nothing', () => {
  expect(secondsByMiddles([])).toBe(0)
  expect(secondsByMiddles(times({ 0: 3, 2: 1, [LAST]: 2 }))).toBe(3 * 1 + 7.5 + 2 * 350)
  expect(secondsByMiddles([0, 4])).toBe(4 * 3.5)
})

describe('histograms', () => {
  it('count their solves', () => {
    expect([countOf([]), countOf(times({ 0: 2, 5: 3, [LAST]: 1 }))]).toEqual([0, 6])
  })

  it('add up class by class, to one of full length, whatever the length of each', () => {
    expect(sumOf([])).toEqual(times({}))
    expect(sumOf([[1, 2], times({ 1: 5, [LAST]: 4 })])).toEqual(times({ 0: 1, 1: 7, [LAST]: 4 }))
  })
})
