import type { Happening, Histogram, SlowTask, Summary } from './outcome.ts'
import type { FailureCounts } from './readiness.ts'
import { EMPTY, summaryOf } from './summary-of.ts'

export { EMPTY, summaryOf }

/** Partitions that outcome items are spread over. The same number as in contract.ts, which core does not import. */
export const OUTCOME_SHARDS = 16
/** Most slow tasks that a summary names. */
const SLOW_TASKS = 10

/** Two stretches of time in their order. Associative, so a stretch may be cut anywhere. */
export function combine(earlier: Summary, later: Summary): Summary {
  const solvedSince = later.lastSolveAt !== null
  const acceptedSince = later.lastAcceptedAt !== null
  const sum = (pick: (summary: Summary) => number) => pick(earlier) + pick(later)
  return {
    received: sum((s) => s.received),
    duplicates: sum((s) => s.duplicates),
    invalid: sum((s) => s.invalid),
    deadLettered: sum((s) => s.deadLettered),
    accepted: sum((s) => s.accepted),
    parked: sum((s) => s.parked),
    polled: sum((s) => s.polled),
    solved: sum((s) => s.solved),
    failed: sum((s) => s.failed),
    failedCharged: sum((s) => s.failedCharged),
    failedByClass: addCounts(earlier.failedByClass, later.failedByClass),
    counted: sum((s) => s.counted),
    expiredSubmitted: sum((s) => s.expiredSubmitted),
    expiredWaiting: sum((s) => s.expiredWaiting),
    resubmitted: sum((s) => s.resubmitted),
    unknown: sum((s) => s.unknown),
    late: sum((s) => s.late),
    faults: sum((s) => s.faults),
    refusedByClass: addCounts(earlier.refusedByClass, later.refusedByClass),
    accountAnswers: latestAnswers(earlier.accountAnswers, later.accountAnswers),
    trailingFailures: solvedSince ? later.trailingFailures : sum((s) => s.trailingFailures),
    lastSolveAt: latest(earlier.lastSolveAt, later.lastSolveAt),
    lastAcceptedAt: latest(earlier.lastAcceptedAt, later.lastAcceptedAt),
    oldestParkedAt: acceptedSince ? later.oldestParkedAt : earliest(earlier.oldestParkedAt, later.oldestParkedAt),
    slow: solvedSince ? later.slow : slowest([...earlier.slow, ...later.slow]),
    lastExpiredSubmittedAt: latest(earlier.lastExpiredSubmittedAt, later.lastExpiredSubmittedAt),
    solveSeconds: addTimes(earlier.solveSeconds, later.solveSeconds),
  }
}

/** Happenings in their order, as one summary. */
export const summarise = (happenings: readonly Happening[]): Summary => happenings.map(summaryOf).reduce(combine, EMPTY)

/** Where the item of an invocation lies: the same shard each time, so that the item can be found again. FNV-1a. */
export function shardOf(invocation: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < invocation.length; i += 1) hash = Math.imul(hash ^ invocation.charCodeAt(i), 0x01000193)
  return (hash >>> 0) % OUTCOME_SHARDS
}

function addCounts(a: FailureCounts, b: FailureCounts): FailureCounts {
  const out = { ...a }
  let name: keyof FailureCounts
  for (name in b) out[name] = (out[name] ?? 0) + (b[name] ?? 0)
  return out
}

/** Of each provider the one that was given last; invocations that overlap are not in the order of their answers. */
function latestAnswers(a: Summary['accountAnswers'], b: Summary['accountAnswers']): Summary['accountAnswers'] {
  const out = { ...a }
  for (const [provider, answer] of Object.entries(b)) {
    const before = out[provider]
    if (before === undefined || answer.at >= before.at) out[provider] = answer
  }
  return out
}

function addTimes(a: Summary['solveSeconds'], b: Summary['solveSeconds']): Summary['solveSeconds'] {
  const out = { ...a }
  for (const [method, times] of Object.entries(b)) out[method] = addHistograms(out[method] ?? [], times)
  return out
}

const addHistograms = (a: Histogram, b: Histogram): Histogram =>
  (a.length < b.length ? b : a).map((_, i) => (a[i] ?? 0) + (b[i] ?? 0))

const latest = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b))
const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b)

/** Each task once, as it was last seen; a task keeps its place however often it is told. */
function slowest(tasks: SlowTask[]): SlowTask[] {
  const byTask = new Map<string, SlowTask>()
  for (const task of tasks.sort(bySeenThenAge)) if (!byTask.has(task.taskId)) byTask.set(task.taskId, task)
  return [...byTask.values()].slice(0, SLOW_TASKS)
}
const bySeenThenAge = (a: SlowTask, b: SlowTask): number =>
  b.seenAt - a.seenAt || a.submittedAt - b.submittedAt || (a.taskId < b.taskId ? -1 : a.taskId > b.taskId ? 1 : 0)
