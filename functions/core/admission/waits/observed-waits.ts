import { BEYOND_SECONDS, countOf } from '../../outcome/histogram.ts'
import { HISTOGRAM_SECONDS, type Histogram } from '../../outcome/summary.ts'
import { methodOf } from '../../provider/methods.ts'
import type { Waits } from '../item/admission.ts'

/** Polls that a task may cost, on average. */
const MOST_POLLS = 3
/** Sums of shares are not exact. */
const ROUNDING = 1e-9
/** Fewer solves than this say little about a method. */
const LEAST_SOLVES = 50
/** Only the methods with the most solves are kept: the admission item must stay small. */
const MOST_METHODS = 3
/** A poll comes later than planned: a queue hides its messages for whole seconds. On average by so much. */
const LATE_SECONDS = 0.5
/** A class of the histogram stands for so many times in it, evenly spread. */
const POINTS = 8

/**
 * When to ask about a task, by the solve times that were observed: for each method the first poll and the interval that
 * make the mean time from solution to poll shortest, at three polls a task at most. Both stay within half and double of
 * the method's own.
 */
export function observedWaits(solveSeconds: Readonly<Record<string, Histogram>>): Record<string, Waits> {
  const known = Object.entries(solveSeconds)
    .map(([method, times]) => ({ method, times, solves: countOf(times) }))
    .filter(({ method, solves }) => method !== 'other' && solves >= LEAST_SOLVES)
    .sort((a, b) => b.solves - a.solves)
    .slice(0, MOST_METHODS)
  return Object.fromEntries(
    known.map(({ method, times }) => {
      const { firstPollSeconds, pollSeconds } = methodOf(method)
      const points = pointsOf(times)
      return [method, { ...bestWaits(points, firstPollSeconds, pollSeconds), fast: decileOf(points) }]
    }),
  )
}

/** A solve time in seconds, and its share of all. Shortest first. */
interface Point {
  seconds: number
  share: number
}

/** The best of all whole seconds within the bounds. Of two that are equal the one with fewer polls. */
function bestWaits(points: readonly Point[], first: number, interval: number): Omit<Waits, 'fast'> {
  let best = { first, interval, ...costOf(points, first, interval) }
  for (const f of between(first))
    for (const i of between(interval)) {
      const cost = costOf(points, f, i)
      if (isBetter(cost, best)) best = { first: f, interval: i, ...cost }
    }
  return { first: best.first, interval: best.interval }
}

const between = (seconds: number): number[] => {
  const least = Math.ceil(seconds / 2)
  return Array.from({ length: 2 * seconds - least + 1 }, (_, n) => least + n)
}

interface Cost {
  /** Mean seconds from the solution to the poll that finds it, and mean number of polls. */
  wait: number
  polls: number
}

/** Within the budget the shorter wait is better, beyond it the fewer polls. */
function isBetter(a: Cost, b: Cost): boolean {
  const isDear = ({ polls }: Cost) => polls > MOST_POLLS + ROUNDING
  if (isDear(a) || isDear(b)) return a.polls < b.polls
  return a.wait < b.wait || (a.wait === b.wait && a.polls < b.polls)
}

function costOf(points: readonly Point[], first: number, interval: number): Cost {
  let [wait, polls] = [0, 0]
  for (const { seconds, share } of points) {
    const later = Math.max(0, Math.ceil((seconds - LATE_SECONDS - first) / interval))
    wait += share * (first + later * interval + LATE_SECONDS - seconds)
    polls += share * (1 + later)
  }
  return { wait, polls }
}

function pointsOf(times: Histogram): Point[] {
  const all = countOf(times)
  return times.flatMap((count, n) => {
    const from = HISTOGRAM_SECONDS[n - 1] ?? 0
    const until = HISTOGRAM_SECONDS[n] ?? BEYOND_SECONDS
    const at = (point: number) => from + ((until - from) * (point + 0.5)) / POINTS
    return Array.from({ length: POINTS }, (_, point) => ({ seconds: at(point), share: count / all / POINTS }))
  })
}

/** A tenth of the tasks are solved within these whole seconds; at least 1. */
function decileOf(points: readonly Point[]): number {
  let share = 0
  const found = points.find((point) => {
    share += point.share
    return share >= 0.1
  })
  return Math.max(1, Math.floor(found?.seconds ?? 1))
}
