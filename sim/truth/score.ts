import type { Said } from './readers.ts'
import { isInAny, type Timeline } from './timeline.ts'

/** How well one rule showed the truth of one timeline. All but `flaps` in seconds. */
export interface Score {
  falseGreen: number
  /** Of these, the seconds after the time that the timeline allows for noticing. */
  lateGreen: number
  falseRed: number
  /** Of these, the seconds that are not within the time that a proof takes after the end of a failure. */
  lateRed: number
  unknown: number
  /** The longest time from the beginning of a failure to red, and from its end to green; null: there was none. */
  detect: number | null
  recover: number | null
  /** Changes of colour beyond two for each failure. */
  flaps: number
}

/** The next task comes within 10 s and is solved in 20. */
const PROOF = 30

export function scoreOf(timeline: Timeline, said: readonly Said[]): Score {
  const { broken, unclear = [], detection, proof = PROOF } = timeline
  const score = { falseGreen: 0, lateGreen: 0, falseRed: 0, lateRed: 0, unknown: 0 }
  for (const [second, what] of said.entries()) {
    if (isInAny(second, unclear)) continue
    const isBroken = isInAny(second, broken)
    if (what === 'unknown') score.unknown += 1
    else if (what === 'ready' && isBroken) {
      score.falseGreen += 1
      const since = broken.find(([from, until]) => second >= from && second < until)?.[0] ?? second
      if (second - since >= detection) score.lateGreen += 1
    } else if (what === 'not_ready' && !isBroken) {
      score.falseRed += 1
      const ended = broken.findLast(([, until]) => until <= second)?.[1] ?? Number.NEGATIVE_INFINITY
      if (second - ended >= proof) score.lateRed += 1
    }
  }
  const changes = said.filter((what, second) => second > 0 && what !== said[second - 1]).length
  const longest = (times: number[]): number | null => (times.length === 0 ? null : Math.max(...times))
  return {
    ...score,
    detect: longest(broken.map(([from, until]) => secondsUntil(said, from, until, (what) => what !== 'ready'))),
    recover: longest(
      broken
        .filter(([, until]) => until < said.length)
        .map(([, until]) => secondsUntil(said, until, said.length, (what) => what === 'ready')),
    ),
    flaps: Math.max(0, changes - 2 * broken.length),
  }
}

function secondsUntil(said: readonly Said[], from: number, until: number, holds: (what: Said) => boolean): number {
  for (let second = from; second < until; second += 1) {
    const what = said[second]
    if (what !== undefined && holds(what)) return second - from
  }
  return until - from
}
