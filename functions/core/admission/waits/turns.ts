import { LIMITS } from '../../../contract/limits.ts'
import type { Priority } from '../../task/task.ts'
import type { Admission, AdmissionChange, Control } from '../item/admission.ts'
import { TURNS_UNTIL } from '../item/counters.ts'
import { initialProvider } from '../item/initial.ts'
import { limitAt } from '../places/capacity.ts'

/**
 * Tasks that found no place come back one after the other: each batch that parks some takes the next turns, so the
 * whole fleet has one line. It is as long as there are tasks that wait, without anybody counting them.
 */

/**
 * Turns for each task that is settled. At 1 a place that is given back would wait too long for the next task. Of few
 * places a free one is a large share, so turns are closer there: 2 for four places, 3 for two.
 */
const turnsPerSettled = (places: number): number => Math.max(1.5, 1 + 4 / Math.max(1, places))
const SOONEST_MS = 5000
/** A place that is given back waits no longer, however seldom tasks are settled. */
const LONGEST_SPACING_MS = 60_000
/** Where nobody knows how fast tasks are settled, each is thought to take so long, and no turn is far away. */
const PRESUMED_SECONDS = 20
const LONGEST_UNKNOWN_MS = 60_000
/** A task whose time ends sooner, and for which no turn is left, has had its chances: it waits for its deadline. */
const LAST_CHANCE_MS = 30_000
/** The more urgent come back before their turn, the less urgent after it. */
const SHARES: Readonly<Record<Priority, number>> = { critical: 0.25, high: 0.5, normal: 1, low: 2 }
/** Of the longest delay, or of the time that it has, a task that has come back before waits for this much at least. */
const LEAST_SHARES = { longest: 0.8, useful: 0.5 } as const

export interface Pace {
  /** Milliseconds from one turn to the next. */
  spacing: number
  /** Milliseconds: no turn is further away. */
  longest: number
}

/** How fast the line moves, by the estimate of the last sweep. */
export function paceOf({ drainPerSecond, providers, route }: Control, maxInFlight: number, now: number): Pace {
  const places = limitAt(providers[route.active] ?? initialProvider, maxInFlight, now)
  const isKnown = drainPerSecond !== null && drainPerSecond > 0
  const perSecond = isKnown ? drainPerSecond : places / PRESUMED_SECONDS
  return {
    spacing: Math.min(LONGEST_SPACING_MS, Math.round(1000 / (turnsPerSettled(places) * perSecond))),
    longest: isKnown ? LIMITS.longestDelaySeconds * 1000 : LONGEST_UNKNOWN_MS,
  }
}

/** A task that wants a turn. */
export interface Seeker {
  priority: Priority
  parks: number
  /** Milliseconds from now until it would most likely be solved too late. */
  usefulMs: number
  /** Uniform in [0, 1). */
  fraction: number
}

/** Where the line ends; no turn comes sooner than in some seconds. */
export const lineEnd = ({ counts }: Pick<Admission, 'counts'>, now: number): number =>
  Math.max(counts[TURNS_UNTIL] ?? 0, now + SOONEST_MS)

/**
 * The milliseconds that each of these tasks waits, the most urgent first, in a line that ended at `end`; and how many
 * turns they take. Where the line is longer than SQS can delay a message, or than a task can still wait, the task takes
 * no turn: it comes back once in the time that is left, at first at any moment of it, so that not all come together.
 */
export function turnsFrom(
  end: number,
  seekers: readonly Seeker[],
  { spacing, longest }: Pace,
  now: number,
): { waits: number[]; taken: number } {
  let taken = 0
  const waits = seekers.map(({ priority, parks, usefulMs, fraction }) => {
    const wait = Math.max(SOONEST_MS, SHARES[priority] * (end + taken * spacing - now))
    const most = Math.min(longest, usefulMs)
    if (wait <= most) {
      taken += 1
      return wait
    }
    if (usefulMs < LAST_CHANCE_MS) return Number.POSITIVE_INFINITY
    const least = parks === 0 ? 0 : LEAST_SHARES[most === longest ? 'longest' : 'useful']
    const share = least + (1 - least) * fraction
    return SOONEST_MS + share * (most - SOONEST_MS)
  })
  return { waits, taken }
}

/**
 * The write that takes so many turns at the end of the line. A line that has come to an end begins anew. Others may
 * take turns at the same moment, but not so many that the last of these would be further away than a turn may be: such
 * turns would be used by nobody, and the places would be free for so long.
 */
export function takeTurns(
  { epoch, counts }: Admission,
  count: number,
  { spacing, longest }: Pace,
  now: number,
): AdmissionChange {
  const known = counts[TURNS_UNTIL] ?? 0
  const end = lineEnd({ counts }, now)
  const lastEnd = Math.max(end, now + longest - (count - 1) * spacing)
  return known === end
    ? { most: { [TURNS_UNTIL]: lastEnd }, add: { [TURNS_UNTIL]: count * spacing } }
    : { epoch, most: { [TURNS_UNTIL]: known }, set: { [TURNS_UNTIL]: end + count * spacing } }
}
