import type { AccountClass, FailureClass } from './errors.ts'

/**
 * What happened to tasks, one fact at a time, and how facts add up. An invocation summarises its own happenings into
 * one outcome item; the sweep combines the items of all workers in time order. Both use the same associative
 * `combine`, so shards, invocations and sweeps may be split anywhere. Times are milliseconds since 1970.
 */
export type Happening =
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

/** What a provider's answer to a worker says of the account. `refusal` null: it accepted a submit. */
export interface AccountAnswer {
  at: number
  refusal: AccountRefusal | null
}
export interface AccountRefusal {
  class: AccountClass
  code: string
}

/** A task that was slow when last looked at. */
export interface SlowTask {
  taskId: string
  method: string
  submittedAt: number
  /** Start of the UTC minute in which it was last looked at: one that has settled is not looked at any more. */
  seenAt: number
}

/** Times of one method, as counts per upper bound in seconds (`HISTOGRAM_SECONDS`), the last one open. */
export type Histogram = number[]
export const HISTOGRAM_SECONDS = [2, 5, 10, 15, 20, 25, 30, 45, 60, 90, 120, 180, 300] as const

/** What a stretch of time amounts to. `charges = solved + failedCharged + expiredSubmitted + resubmitted + unknown`. */
export interface Summary {
  received: number
  duplicates: number
  invalid: number
  deadLettered: number
  accepted: number
  parked: number
  polled: number
  solved: number
  /** Tasks settled as failed, all classes. */
  failed: number
  /** Of `failed`, those whose last attempt had been accepted. */
  failedCharged: number
  failedByClass: Partial<Record<FailureClass, number>>
  /** Of `failed` and `expired`, those that lengthen the streak and count in the error rate. */
  counted: number
  /** Expired after submit, and while only waiting. */
  expiredSubmitted: number
  expiredWaiting: number
  resubmitted: number
  unknown: number
  late: number
  faults: number
  refusedByClass: Partial<Record<FailureClass, number>>
  /** By provider: the last answer that says something of the account. */
  accountAnswers: Record<string, AccountAnswer>
  /** Counted failures since the last solve in this stretch. */
  trailingFailures: number
  lastSolveAt: number | null
  lastAcceptedAt: number | null
  /** Since the last accepted submit in this stretch: the earliest `enqueuedAt` that was parked. */
  oldestParkedAt: number | null
  /** Since the last solve in this stretch: slow tasks, at most ten: last seen latest, then submitted first. */
  slow: SlowTask[]
  /** Latest `submittedAt` of the tasks that expired after submit. */
  lastExpiredSubmittedAt: number | null
  /** Solve times by method. */
  solveSeconds: Record<string, Histogram>
}

/** One invocation's summary as it is stored. No solution, proxy or secret is ever in it. */
export interface OutcomeItem extends Summary {
  at: number
  invocation: string
  /** The execution environment. */
  worker: string
  function: 'submit' | 'collect' | 'pingback'
}
