import type { ResultAnswer, Solution } from '../provider/answers.ts'
import { reportedByCallback, resultMayBeUnsent } from './accounting.ts'
import type { SettledItem } from './task.ts'

/** A poll whose task is settled already, by this attempt at an earlier delivery or by another one. */
export interface SettledConflict {
  item: SettledItem
  /** The attempt of the poll message. */
  attempt: string
  /** What the provider said of this attempt now. */
  answer: ResultAnswer
  /** A callback settled the task so lately that it may still send the result itself. */
  mayStillReport: boolean
  /** This invocation has just taken the accounting over. */
  taken: boolean
  now: number
}

/** What to do with the poll message. */
export type SettledResolution =
  /** Nothing is left to send. */
  | { kind: 'ack' }
  /** Too early to tell: it is found again. */
  | { kind: 'retry'; afterSeconds?: number }
  /** The stored result is sent; perhaps it was sent before. */
  | { kind: 'resend' }
  /** Only the attempt that settled the task knows the solution: a poll message for that attempt is sent. */
  | { kind: 'pollAttempt' }
  /** The stored result is sent with the solution that the provider just repeated. */
  | { kind: 'deliver'; solution: Solution }

/** How long a provider is polled for a solution that a task was settled with and that was never sent. */
const ASK_AGAIN_MS = 600_000
/** Longer than a callback's invocation may take to send the result and to write its outcome item. */
const DELIVERY_GRACE_SECONDS = 40

/**
 * The outcome is fixed; what remains is to make sure that its result is sent. test/core/task/settled-conflict.test.ts has
 * the table.
 */
export function resolveSettledConflict(conflict: SettledConflict): SettledResolution {
  const { item, attempt, taken } = conflict
  if (conflict.mayStillReport) return { kind: 'retry', afterSeconds: DELIVERY_GRACE_SECONDS }
  const isComplete = item.state !== 'solved' || item.result.solution !== undefined
  if (item.settledBy !== attempt) {
    // The messages of the attempt that settled the task send its result, unless that attempt had a callback only.
    if (!resultMayBeUnsent(item.accounting, taken)) return { kind: 'ack' }
    return { kind: isComplete ? 'resend' : 'pollAttempt' }
  }
  if (reportedByCallback(item.accounting, taken)) return { kind: 'ack' }
  return isComplete ? { kind: 'resend' } : withoutStoredSolution(conflict)
}

/** This attempt settled the task, and its provider is the only one who still knows the solution. */
function withoutStoredSolution({ item, answer, now }: SettledConflict): SettledResolution {
  // The task was solved in time, so it is delivered even if the deadline has passed meanwhile.
  if (answer.kind === 'solved') return { kind: 'deliver', solution: answer.solution }
  const isGone = answer.kind === 'failed' && answer.failure.class === 'unsolvable'
  if (!isGone && now < item.settledAt + ASK_AGAIN_MS) return { kind: 'retry' }
  // Nobody knows the solution any more. The client is still told that the task was solved.
  return { kind: 'resend' }
}
