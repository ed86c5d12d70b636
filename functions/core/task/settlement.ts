import { RESULT_ERROR } from '../../contract/messages.ts'
import type { OutcomeEvent, Spent } from '../outcome/event.ts'
import type { FailureCounts } from '../outcome/summary.ts'
import type { Solution } from '../provider/answers.ts'
import type { FailureClass } from '../provider/error-class.ts'
import { methodOf } from '../provider/methods.ts'
import type { Reply, Result, SettledItem, TaskError } from './task.ts'

/** How a task ends. */
export type Ending =
  /** `doneAt`: when the solver was done, as far as polls or a callback tell. */
  | { kind: 'solved'; solution: Solution; usableUntil: number | null; doneAt: number }
  | { kind: 'failed'; code: string; class: FailureClass; message: string }
  /** `while`: why it last waited. */
  | { kind: 'expired'; while?: string | undefined }

/** What a result tells of the task beside its ending. */
export interface TaskFacts {
  taskId: string
  enqueuedAt: number
  charges: number
  /** Of the attempt that ended it, where it had been accepted. */
  provider?: string
  captchaId?: string
  submittedAt?: number
}

const iso = (at: number): string => new Date(at).toISOString()

function expiredError(reason: string | undefined): TaskError {
  const message = 'The deadline of the task passed before it was solved.'
  const error = { code: RESULT_ERROR.deadlineExceeded, class: 'deadline', message }
  if (reason === undefined) return error
  return { ...error, message: `${message} It last waited because of ${reason}.`, while: reason }
}

export function resultOf(facts: TaskFacts, ending: Ending, settledAt: number): Result {
  const { taskId, provider, captchaId, submittedAt } = facts
  return {
    taskId,
    status: ending.kind,
    ...(ending.kind === 'solved' ? { solution: ending.solution } : {}),
    ...(ending.kind === 'failed' ? { error: { code: ending.code, class: ending.class, message: ending.message } } : {}),
    ...(ending.kind === 'expired' ? { error: expiredError(ending.while) } : {}),
    ...(provider === undefined ? {} : { provider }),
    ...(captchaId === undefined ? {} : { captchaId }),
    attempts: facts.charges,
    enqueuedAt: iso(facts.enqueuedAt),
    ...(submittedAt === undefined ? {} : { submittedAt: iso(submittedAt) }),
    settledAt: iso(settledAt),
    ...(ending.kind === 'solved' && ending.usableUntil !== null ? { usableUntil: iso(ending.usableUntil) } : {}),
  }
}

/** The result as the table may hold it: a solution only where the client asked for the record. */
export function storedResult(result: Result, reply: Reply): Result {
  if (reply !== 'queue') return result
  const { solution: _, ...rest } = result
  return rest
}

/** A stored result with the solution that only its attempt still knows. */
export function withSolution({ taskId, status, ...rest }: Result, solution: Solution): Result {
  return { taskId, status, solution, ...rest }
}

/** Failures that are neither the task's own fault nor ours to keep quiet about: they lengthen the streak. */
const COUNTED: readonly FailureClass[] = ['unsolvable', 'uncertain', 'transient', 'unknown']
/** How many of these failures are counted. */
export const countedClassesOf = (byClass: FailureCounts): number =>
  COUNTED.reduce((sum, name) => sum + (byClass[name] ?? 0), 0)
/**
 * Classes that only the provider's answer to a submit or a poll gives; any other text in a stored result is `unknown`.
 */
const CLASSES: readonly FailureClass[] = ['task', 'unsolvable', 'uncertain', 'transient', 'unknown', 'invalid', 'fault']

/** What a settlement is counted by; an item has it, and so has a poll with its result. */
export type Settlement = Pick<
  SettledItem,
  'method' | 'enqueuedAt' | 'deadlineAt' | 'unsolvable' | 'lostIdResubmits' | 'result' | 'settledAt'
>

/**
 * What a settlement is in the outcome of the invocation that counts it. `doneAt`: when the solver was done; an
 * invocation that takes the accounting over knows only when the task was settled.
 */
export function outcomeEventOf(settlement: Settlement, doneAt = settlement.settledAt): OutcomeEvent {
  const { result, settledAt: at, method, enqueuedAt } = settlement
  const submittedAt = result.submittedAt === undefined ? null : Date.parse(result.submittedAt)
  const charged = submittedAt !== null
  const resubmitted = settlement.unsolvable + settlement.lostIdResubmits
  // Every charge that is not explained otherwise is one whose answer was lost.
  const spent: Spent = { resubmitted, unknown: Math.max(0, result.attempts - resubmitted - (charged ? 1 : 0)) }
  switch (result.status) {
    case 'solved':
      return { kind: 'solved', at, method, seconds: (doneAt - (submittedAt ?? enqueuedAt)) / 1000, spent }
    case 'expired':
      return { kind: 'expired', at, submittedAt, counted: wasInTime(settlement, submittedAt), spent }
    case 'failed': {
      const failure = CLASSES.find((c) => c === result.error?.class) ?? 'unknown'
      return { kind: 'failed', at, class: failure, counted: COUNTED.includes(failure), charged, spent }
    }
  }
}

/** Whether a task that expired was in flight for so long that the provider would usually have solved it. */
const wasInTime = ({ method, deadlineAt, settledAt }: Settlement, submittedAt: number | null): boolean =>
  submittedAt !== null && Math.min(deadlineAt, settledAt) - submittedAt >= 1000 * methodOf(method).firstPollSeconds
