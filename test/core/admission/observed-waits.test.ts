import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observedWaits } from '../../../functions/core/admission/waits/observed-waits.ts'
import { HISTOGRAM_SECONDS, type Histogram } from '../../../functions/core/outcome/summary.ts'
import { methodOf } from '../../../functions/core/provider/methods.ts'
import { logNormal, seededRandom } from '../../../sim/support/random.ts'

const CLASSES = HISTOGRAM_SECONDS.length + 1
const histogramOf = (times: readonly number[]): Histogram => {
  const counts = Array.from({ length: CLASSES }, () => 0)
  for (const seconds of times) {
    const found = HISTOGRAM_SECONDS.findIndex((upTo) => seconds <= upTo)
    counts[found === -1 ? CLASSES - 1 : found] = (counts[found === -1 ? CLASSES - 1 : found] ?? 0) + 1
  }
  return counts
}

/** A poll comes later than planned, on average by so many seconds. */
const LATE = 0.5

/** Every schedule within the bounds, played poll by poll for every solve time. */
function bruteForce(times: readonly number[], first: number, interval: number) {
  const all: { first: number; interval: number; wait: number; polls: number }[] = []
  for (let f = Math.ceil(first / 2); f <= 2 * first; f += 1)
    for (let i = Math.ceil(interval / 2); i <= 2 * interval; i += 1) {
      let [wait, polls] = [0, 0]
      for (const seconds of times) {
        let at = f
        polls += 1
        while (at + LATE < seconds) {
          at += i
          polls += 1
        }
        wait += at + LATE - seconds
      }
      all.push({ first: f, interval: i, wait: wait / times.length, polls: polls / times.length })
    }
  return all
}

/** The times that a histogram stands for: eight in each class. */
const timesOf = (histogram: Histogram): number[] =>
  histogram.flatMap((count, n) => {
    const [from, until] = [HISTOGRAM_SECONDS[n - 1] ?? 0, HISTOGRAM_SECONDS[n] ?? 400]
    const eight = Array.from({ length: 8 }, (_, k) => from + ((until - from) * (k + 0.5)) / 8)
    return Array.from({ length: count }, () => eight).flat()
  })

describe('the observed waits', () => {
  it('are the best of every schedule within half and double of the method’s own, at three polls a task at most', () => {
    const anyHistogram = fc
      .array(fc.nat(9), { minLength: CLASSES - 3, maxLength: CLASSES - 3 })
      .map((counts) => [0, 60, ...counts, 0])
    fc.assert(
      fc.property(fc.constantFrom('userrecaptcha', 'turnstile', 'base64'), anyHistogram, (method, histogram) => {
        const { firstPollSeconds, pollSeconds } = methodOf(method)
        const found = observedWaits({ [method]: histogram })[method]
        const all = bruteForce(timesOf(histogram), firstPollSeconds, pollSeconds)
        const mine = all.find(({ first, interval }) => first === found?.first && interval === found.interval)
        const cheap = all.filter(({ polls }) => polls <= 3 + 1e-9)
        const most = cheap.length > 0 ? 3 : Math.min(...all.map(({ polls }) => polls))
        expect(mine?.polls).toBeLessThanOrEqual(most + 1e-9)
        if (cheap.length > 0) expect(mine?.wait).toBeLessThanOrEqual(Math.min(...cheap.map(({ wait }) => wait)) + 1e-6)
      }),
      { numRuns: 60 },
    )
  })
  it('cost the fewest polls that the bounds allow where three are not enough', () => {
    const slow = histogramOf(Array.from({ length: 100 }, () => 250))
    expect(observedWaits({ userrecaptcha: slow }).userrecaptcha).toMatchObject({ first: 27, interval: 10 })
  })
  it('begin with the first poll where nearly all are solved by then', () => {
    const quick = histogramOf(Array.from({ length: 100 }, () => 4))
    expect(observedWaits({ turnstile: quick }).turnstile).toMatchObject({ first: 5 })
  })
  it('are told for methods with fifty solves or more, for three methods, those with the most solves', () => {
    const solves = (count: number) => histogramOf(Array.from({ length: count }, () => 12))
    expect(observedWaits({ turnstile: solves(49), hcaptcha: solves(50), other: solves(99) })).toHaveProperty('hcaptcha')
    expect(Object.keys(observedWaits({ turnstile: solves(49), hcaptcha: solves(50), other: solves(99) }))).toEqual([
      'hcaptcha',
    ])
    const many = { a: 51, b: 55, c: 52, d: 54, e: 53 }
    const told = observedWaits(Object.fromEntries(Object.entries(many).map(([name, count]) => [name, solves(count)])))
    expect(Object.keys(told)).toEqual(['b', 'd', 'e'])
  })
  it('say within how many seconds the fastest tenth is solved', () => {
    const times = histogramOf([...Array.from({ length: 5 }, () => 8), ...Array.from({ length: 95 }, () => 28)])
    expect(observedWaits({ turnstile: times }).turnstile?.fast).toBe(25)
  })
  it('find solutions of reCAPTCHA v2 sooner than the table does, at three polls a task', () => {
    const random = seededRandom(5)
    const times = Array.from({ length: 3000 }, () => Math.min(180, logNormal(random, 20, 0.3)))
    const found = observedWaits({ userrecaptcha: histogramOf(times) }).userrecaptcha
    const all = bruteForce(times, 15, 5)
    const cost = (first?: number, interval?: number) =>
      all.find((one) => one.first === first && one.interval === interval)
    const [table, mine] = [cost(15, 5), cost(found?.first, found?.interval)]
    expect(mine?.polls).toBeLessThanOrEqual(3.1)
    expect(mine?.wait).toBeLessThan(0.9 * (table?.wait ?? 0))
  })
})

it('solves beyond the last class are taken for 300 to 400 s, evenly', () => {
  const beyond = (count: number) => [...Array.from({ length: CLASSES - 1 }, () => 0), count]
  expect(observedWaits({ turnstile: beyond(80) }).turnstile).toMatchObject({ fast: 306 })
})

it('are known of the three methods that were solved most often, from fifty solves on', () => {
  const solved = (count: number) => [0, 0, 0, count]
  const known = { hcaptcha: solved(50), bls: solved(49), other: solved(999), turnstile: solved(70), post: solved(60) }
  expect(Object.keys(observedWaits(known))).toEqual(['turnstile', 'post', 'hcaptcha'])
  expect(Object.keys(observedWaits({ ...known, geetest: solved(51) }))).toEqual(['turnstile', 'post', 'geetest'])
})
