import type { MinuteBucket } from '../outcome/minutes.ts'
import type { Summary } from '../outcome/summary.ts'
import type { ProviderFacts } from './provider-facts.ts'
/** What the sweep judges: the types of its evidence. */

export interface QueueFacts {
  /** Tasks waiting: visible, hidden and delayed messages of the task queue. */
  waiting: number
  /** Of those, the ones that a worker could receive now. */
  available: number
  /** Messages of the poll queue: tasks submitted and not settled. */
  inFlight: number
  deadLetters: number
}

/** Everything the verdict is judged from, as of `sweptAt`. */
export interface Evidence {
  /** When the sweep ran. */
  sweptAt: number
  startedAt: number
  queue: QueueFacts
  /** Totals since the fleet began, the younger outcomes included provisionally. */
  totals: Summary
  minutes: MinuteBucket[]
  /** Seconds with at least one unsettled task since the last solve. */
  demandSeconds: number
  /** Whether a task is unsettled now. */
  demand: boolean
  /** Since when tasks have been waiting without a break and without a submit being accepted; null: none waits. */
  waitingSince: number | null
  /** Age of the oldest waiting task as far as it is known: a lower bound. */
  backlogSeconds: number
  errorRate: number | null
  /** Sweeps in a row with an error rate above the emergency threshold. */
  badRateSweeps: number
  /** When the last outcome was written; null: none was ever seen. */
  lastOutcomeAt: number | null
  /** Worker → its last outcome, of the last two minutes. */
  workers: Record<string, number>
  /** Workers that wrote an outcome lately. */
  workersAlive: number
  providers: ProviderFacts[]
  activeProvider: string | null
  spendLimit: 'hour' | 'day' | null
  secretReadable: boolean
  paused: boolean
}
