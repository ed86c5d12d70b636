import { LIMITS } from '../../contract/limits.ts'
import type { AccountClass, FailureClass } from '../provider/error-class.ts'
import type { FleetChange } from './change.ts'
import { type Counts, eachCount } from './counts.ts'
import { hashOf } from './hash.ts'

/** The most changes that a summary lists. */
const CHANGES = 20
/** The most slow tasks that a summary lists. */
const SLOW_TASKS = 10

/** Combines the summaries of two consecutive periods. Associative, so a period may be split anywhere. */
export function combine(earlier: Summary, later: Summary): Summary {
  const solvedSince = later.lastSolveAt !== null
  const submittedSince = later.lastWorkingSubmitAt !== null
  return {
    ...addCounts(earlier, later),
    failedByClass: addClasses(earlier.failedByClass, later.failedByClass),
    refusedByClass: addClasses(earlier.refusedByClass, later.refusedByClass),
    accountAnswers: latestAnswers(earlier.accountAnswers, later.accountAnswers),
    trailingFailures: (solvedSince ? 0 : earlier.trailingFailures) + later.trailingFailures,
    trailingTransport: (solvedSince ? 0 : earlier.trailingTransport) + later.trailingTransport,
    lastFailureAt: latest(earlier.lastFailureAt, later.lastFailureAt),
    lastSolveAt: latest(earlier.lastSolveAt, later.lastSolveAt),
    lastWorkingSubmitAt: latest(earlier.lastWorkingSubmitAt, later.lastWorkingSubmitAt),
    lastClientErrorAt: latest(earlier.lastClientErrorAt, later.lastClientErrorAt),
    oldestParkedAt: submittedSince ? later.oldestParkedAt : earliest(earlier.oldestParkedAt, later.oldestParkedAt),
    lost: addByName(earlier.lost, later.lost),
    slowSubmits: addByName(earlier.slowSubmits, later.slowSubmits),
    slow: solvedSince ? later.slow : slowest([...earlier.slow, ...later.slow]),
    lastExpiredSubmittedAt: latest(earlier.lastExpiredSubmittedAt, later.lastExpiredSubmittedAt),
    solveSeconds: addTimes(earlier.solveSeconds, later.solveSeconds),
    solveMs: addByName(earlier.solveMs, later.solveMs),
    changes: withChanges(earlier, later.changes).changes,
  }
}

/** The summary with changes that are later than all of its own. */
export const withChanges = <S extends Pick<Summary, 'changes'>>(summary: S, changes: Summary['changes']): S => ({
  ...summary,
  changes: [...summary.changes, ...changes].slice(-CHANGES),
})

/** The shard of an invocation's outcome item. It is always the same, so that the item can be found again. */
export const shardOf = (invocation: string): number => hashOf(invocation) % LIMITS.outcomeShards

function addCounts(a: Counts, b: Counts): Counts {
  const out = eachCount(0)
  let name: keyof Counts
  for (name in out) out[name] = a[name] + b[name]
  return out
}

function addClasses(a: FailureCounts, b: FailureCounts): FailureCounts {
  const out = { ...a }
  let name: keyof FailureCounts
  for (name in b) out[name] = (out[name] ?? 0) + (b[name] ?? 0)
  return out
}

/**
 * For each provider, the answer with the latest time. Invocations that overlap are not in the order of their answers.
 */
function latestAnswers(a: Summary['accountAnswers'], b: Summary['accountAnswers']): Summary['accountAnswers'] {
  const out = { ...a }
  for (const [provider, answer] of Object.entries(b)) {
    const before = out[provider]
    if (before === undefined || answer.at >= before.at) out[provider] = answer
  }
  return out
}

function addByName(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const out = { ...a }
  for (const [name, count] of Object.entries(b)) out[name] = (out[name] ?? 0) + count
  return out
}

function addTimes(a: Summary['solveSeconds'], b: Summary['solveSeconds']): Summary['solveSeconds'] {
  const out = { ...a }
  for (const [method, times] of Object.entries(b)) out[method] = addHistograms(out[method] ?? [], times)
  return out
}

export const addHistograms = (a: Histogram, b: Histogram): Histogram =>
  (a.length < b.length ? b : a).map((_, i) => (a[i] ?? 0) + (b[i] ?? 0))

const latest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b))
const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b)

/** Each task once, with its latest `seenAt`. A task keeps its place however often it is recorded. */
function slowest(tasks: SlowTask[]): SlowTask[] {
  const byTask = new Map<string, SlowTask>()
  for (const task of tasks.sort(bySeenThenAge)) if (!byTask.has(task.taskId)) byTask.set(task.taskId, task)
  return [...byTask.values()].slice(0, SLOW_TASKS)
}
const bySeenThenAge = (a: SlowTask, b: SlowTask): number =>
  b.seenAt - a.seenAt || a.submittedAt - b.submittedAt || (a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : 0)

/** What a provider's answer to a worker says about the account. `refusal` null: the provider accepted a submit. */
export interface AccountAnswer {
  at: number
  refusal: AccountRefusal | null
}

export interface AccountRefusal {
  class: AccountClass
  code: string
}

/** A task that was slow at its last poll. */
export interface SlowTask {
  taskId: string
  method: string
  submittedAt: number
  /** Start of the UTC minute of the last poll. A settled task is not polled any more. */
  seenAt: number
}

/**
 * Solve times of one method, as counts per upper bound in seconds (`HISTOGRAM_SECONDS`). The last class has no upper
 * bound.
 */
export type Histogram = number[]

export const HISTOGRAM_SECONDS = [2, 5, 10, 15, 20, 25, 30, 45, 60, 90, 120, 180, 300] as const

/** The summary of a period. `charges = solved + failedCharged + expiredSubmitted + resubmitted + unknown`. */
export interface Summary extends Counts {
  failedByClass: FailureCounts
  refusedByClass: FailureCounts
  /** Provider → its last answer that says something about the account. */
  accountAnswers: Record<string, AccountAnswer>
  /** Provider → the submits that it refused or lost in transport. A short name: every item has it. */
  lost: Record<string, number>
  /** Provider → the submits that it answered slowly, or not in time. */
  slowSubmits: Record<string, number>
  /** Counted failures since the last solve of this period. */
  trailingFailures: number
  /** Those of them that were made by the way to the provider: `transient` and `uncertain`. */
  trailingTransport: number
  /** The last counted failure. */
  lastFailureAt: number | null
  lastSolveAt: number | null
  /**
   * The last submit that the provider accepted, or refused for the task's own fault: either shows that the way works.
   */
  lastWorkingSubmitAt: number | null
  /** The last message or task that failed by its client's own fault. */
  lastClientErrorAt: number | null
  /** The earliest `enqueuedAt` of the tasks that were parked since the last working submit of this period. */
  oldestParkedAt: number | null
  /**
   * Slow tasks since the last solve of this period, at most ten: the latest `seenAt` first, then the earliest submit.
   */
  slow: SlowTask[]
  /** Latest `submittedAt` of the tasks that expired after a flight of the usual solve time. */
  lastExpiredSubmittedAt: number | null
  /** Solve times by method. */
  solveSeconds: Record<string, Histogram>
  /**
   * Method → the sum of the solve times that `solveSeconds` counts, in whole milliseconds: whole numbers add up to the
   * same sum in any grouping.
   */
  solveMs: Record<string, number>
  /**
   * The last changes of breaker, hold, key, route and mode that workers and sweeps made, at most 20, the latest last.
   */
  changes: readonly FleetChange[]
}

/** One invocation's summary as it is stored. It never contains a solution, proxy or secret. */
export interface OutcomeItem extends Summary {
  at: number
  invocation: string
  /** The execution environment. */
  worker: string
  function: 'submit' | 'collect' | 'pingback'
}

export type FailureCounts = Partial<Record<FailureClass, number>>

const emptySummary = (): Summary => ({
  ...eachCount(0),
  failedByClass: {},
  refusedByClass: {},
  accountAnswers: {},
  lost: {},
  slowSubmits: {},
  trailingFailures: 0,
  trailingTransport: 0,
  lastFailureAt: null,
  lastSolveAt: null,
  lastWorkingSubmitAt: null,
  lastClientErrorAt: null,
  oldestParkedAt: null,
  slow: [],
  lastExpiredSubmittedAt: null,
  solveSeconds: {},
  solveMs: {},
  changes: [],
})

/** The neutral element: `combine(EMPTY_SUMMARY, x)` and `combine(x, EMPTY_SUMMARY)` are `x`. */
export const EMPTY_SUMMARY = /* @__PURE__ */ emptySummary()
