import type { FaultInput } from '../provider/fault-kinds.ts'

/** Seconds since a timeline began, from the first to before the second. */
export type Interval = readonly [from: number, until: number]

/** Tasks that one client sends, `every` so many seconds. A `bad` client's tasks are refused for their own fault. */
export interface Client {
  during: Interval
  every: number
  deadlineSeconds?: number
  bad?: boolean
}

/**
 * A labelled course of events: what clients send, what the provider and the platform do, and the truth per second, all
 * written by hand. The truth is whether a well-formed task that is sent now would be solved.
 */
export interface Timeline {
  name: string
  hours: number
  clients: readonly Client[]
  /** Faults of the simulated provider, by the seconds since the timeline began. */
  provider?: readonly FaultInput[]
  /** While the sweep does not run. */
  sweepStops?: Interval
  /** While the health function cannot read the table. */
  tableUnreadable?: Interval
  /** When the truth is that the fleet does not work; else it does. */
  broken: readonly Interval[]
  /** When nobody can say, so that nothing is scored: tasks of before are still working themselves out. */
  unclear?: readonly Interval[]
  /** Seconds that a rule may need to notice: one breaker opening, one sweep, or what the row's rule needs. */
  detection: number
  /**
   * Seconds after the end of a failure within which no rule can have a proof of it: the next task comes and is solved,
   * or, where nobody asks, the next sweep asks the account. Absent: 30.
   */
  proof?: number
}

export const isIn = (second: number, [from, until]: Interval): boolean => second >= from && second < until
export const isInAny = (second: number, spans: readonly Interval[]): boolean => spans.some((span) => isIn(second, span))
