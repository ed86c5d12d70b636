import type { AccountClass, FailureClass } from '../provider/error-class.ts'
import type { FleetChange } from './change.ts'

/**
 * Events of tasks, and how they add up. An invocation summarises its own events into one outcome item; the sweep
 * combines the items of all workers in order of time. Both use the same associative `combine`, so shards, invocations
 * and sweeps may be split anywhere. Times are milliseconds since 1970.
 */
export type OutcomeEvent =
  /** A well-formed task was received from the queue. */
  | { kind: 'received'; at: number }
  | { kind: 'duplicate'; at: number }
  /** A message that is not a task, or that reuses the id of another task. */
  | { kind: 'invalid'; at: number; code: string }
  | { kind: 'deadLettered'; at: number }
  /** The provider accepted a paid submit. `isSlow`: its answer took long; absent: no. */
  | { kind: 'accepted'; at: number; provider: string; isSlow?: boolean }
  /** A submit was refused or lost, whatever happened to the task afterwards. */
  | { kind: 'refused'; at: number; provider: string; class: FailureClass; code: string; isSlow?: boolean }
  /** A poll of a result was refused because of the account. */
  | { kind: 'pollRefused'; at: number; provider: string; class: AccountClass; code: string }
  /** The task was sent back to the queue with a delay; it has been waiting since `enqueuedAt`. */
  | { kind: 'parked'; at: number; enqueuedAt: number }
  /** A poll was answered "not ready". Recorded only for tasks that were submitted some time ago; see slowSeconds. */
  | { kind: 'slow'; at: number; taskId: string; method: string; submittedAt: number }
  /** This invocation changed what the fleet knows about a provider, or where tasks go. */
  | ({ kind: 'changed' } & FleetChange)
  /** A poll of a result, whatever its answer. */
  | { kind: 'polled'; at: number }
  | {
      kind: 'solved'
      at: number
      method: string
      /** From the submit until the solver was done, as far as polls or a callback tell. */
      seconds: number
      spent: Spent
    }
  /**
   * `counted`: the task was submitted, and the failure is not the client's, so it lengthens the streak. `charged`: the
   * attempt that failed had been accepted (charges lost before it are in `spent.unknown`).
   */
  | { kind: 'failed'; at: number; class: FailureClass; counted: boolean; charged: boolean; spent: Spent }
  /**
   * `submittedAt` null: the task expired while it waited. `counted`: it was in flight for at least the usual solve time
   * of its method, so it lengthens the streak. A shorter flight says nothing about the provider.
   */
  | { kind: 'expired'; at: number; submittedAt: number | null; counted: boolean; spent: Spent }
  /** An answer arrived after its task had expired. It is recorded, not delivered. */
  | { kind: 'late'; at: number }
  /** An operation of our own failed (a write, a send). The task is kept. */
  | { kind: 'fault'; at: number }

/**
 * The other charges of a settled task. They are recorded once, when the task settles, so that every charge is
 * explained.
 */
export interface Spent {
  resubmitted: number
  unknown: number
}

export const NOTHING_SPENT: Spent = { resubmitted: 0, unknown: 0 }
