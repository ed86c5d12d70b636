import type { AccountClass, FailureClass } from '../provider/error-class.ts'

/**
 * What happened to tasks, one fact at a time, and how facts add up. An invocation summarises its own events into
 * one outcome item; the sweep combines the items of all workers in time order. Both use the same associative
 * `combine`, so shards, invocations and sweeps may be split anywhere. Times are milliseconds since 1970.
 */
export type OutcomeEvent =
  /** A well-formed task was taken from the queue. */
  | { kind: 'received'; at: number }
  | { kind: 'duplicate'; at: number }
  /** Message that is no task, or that reuses the id of another task. */
  | { kind: 'invalid'; at: number; code: string }
  | { kind: 'deadLettered'; at: number }
  /** The provider accepted a paid submit. */
  | { kind: 'accepted'; at: number; provider: string; milliseconds: number }
  /** A submit that was refused or lost, whatever became of the task. */
  | { kind: 'refused'; at: number; provider: string; class: FailureClass; code: string }
  /** A look at a result that was refused for the account's sake. */
  | { kind: 'lookRefused'; at: number; provider: string; class: AccountClass; code: string }
  /** Put back with a delay; the task is still waiting since `enqueuedAt`. */
  | { kind: 'parked'; at: number; class: FailureClass; enqueuedAt: number }
  /** Asked for and not ready; only told for tasks submitted 90 s ago or longer. */
  | { kind: 'slow'; at: number; taskId: string; method: string; submittedAt: number }
  /** Every look at a result. */
  | { kind: 'polled'; at: number }
  | {
      kind: 'solved'
      at: number
      method: string
      /** Submit to settled. */
      seconds: number
      spent: Spent
    }
  /**
   * `counted`: submitted, well-formed and not the task's own fault, so that it lengthens the streak. `charged`: the
   * attempt that failed had been accepted (what was lost before it is in `spent.unknown`).
   */
  | { kind: 'failed'; at: number; class: FailureClass; counted: boolean; charged: boolean; spent: Spent }
  /** `submittedAt` null: it expired while only waiting, which counts nowhere. */
  | { kind: 'expired'; at: number; submittedAt: number | null; spent: Spent }
  /** An answer that came after its task had expired: recorded, not delivered. */
  | { kind: 'late'; at: number }
  /** Something of our own failed (a write, a send); the task was kept. */
  | { kind: 'fault'; at: number }

/** The other charges that a settled task had cost: told once, when it settles, so that every charge is explained. */
export interface Spent {
  resubmitted: number
  unknown: number
}

export const NOTHING_SPENT: Spent = { resubmitted: 0, unknown: 0 }
