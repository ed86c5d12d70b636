import type { Pause } from '../admission/item/admission.ts'
import type { Ended } from '../admission/item/ended.ts'
import type { MinuteBucket } from '../outcome/minutes.ts'
import type { Summary } from '../outcome/summary.ts'
import type { ProviderFacts } from './provider-facts.ts'
import type { Recovery } from './recovery.ts'

/** The types of the sweep's evidence. */

export interface QueueFacts {
  /** Tasks waiting: visible, hidden and delayed messages of the task queue. */
  waiting: number
  /** Those of the waiting tasks that a worker could receive now. */
  available: number
  /** Messages of the task queue that a worker has, or had when it died. Absent: not read. */
  received?: number | undefined
  /** Messages of the poll queue: tasks that are submitted and not settled. */
  inFlight: number
  deadLetters: number
}

/** The evidence that the verdict is judged from. */
export interface Evidence {
  /** When the sweep ran. */
  ranAt: number
  startedAt: number
  queue: QueueFacts
  /** Totals since the fleet began; provisional outcomes are included. */
  totals: Summary
  minutes: MinuteBucket[]
  /** Seconds with at least one unsettled task since the last solve. */
  demandSeconds: number
  /** Whether a task is unsettled now. */
  demand: boolean
  /**
   * When the current wait began: tasks have been waiting since then without a break, and no submit showed that the way
   * to the provider works. Null: no task waits.
   */
  waitingSince: number | null
  /** Age of the oldest waiting task, as a lower bound. */
  backlogSeconds: number
  errorRate: number | null
  /** Sweeps in a row with an error rate above the emergency threshold. */
  badRateSweeps: number
  /** When the last outcome was written; null: no sweep has seen an outcome yet. */
  lastOutcomeAt: number | null
  /** Worker → the time of its last outcome, for the last two minutes. */
  workers: Record<string, number>
  /** The number of workers that wrote an outcome in the last two minutes. */
  workersAlive: number
  providers: ProviderFacts[]
  activeProvider: string | null
  spendLimit: 'hour' | 'day' | null
  secretReadable: boolean
  /** When a provider could last be used again: what its time before that caused no longer counts. */
  usableAgainAt: number | null
  /** Null: the fleet has not been failing for as long as a task may live. */
  recovery: Recovery | null
  /** What the admission item had counted when this sweep read it. Null: not known. */
  ended: Ended | null
  /** The last counted failure is an hour old, and no task has ended since. */
  unproven: boolean
  /** Null: nobody has paused the fleet. */
  pause: Pause | null
}
