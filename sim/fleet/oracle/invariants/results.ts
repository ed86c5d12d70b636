import { RESULT_ERROR } from '../../../../functions/contract/messages.ts'
import type { Result } from '../../../../functions/core/task/task.ts'
import { invariant } from '../invariant.ts'
import type { RunLog } from '../run-log.ts'
import type { StepOf } from '../step.ts'
import type { TaskHistory } from '../task-history.ts'

/** What clients are sent. */
export const RESULTS = [
  invariant('only another payload is refused', ['sent'], ({ result }, log) => {
    const { taskIdReused } = RESULT_ERROR
    if (result?.error?.code !== taskIdReused) return null
    const payloads = new Set(log.task(result.taskId).wanted.map(({ payload }) => payload))
    return payloads.size > 1 ? null : `${result.taskId} was sent ${taskIdReused}`
  }),
  invariant('a result implies a settled task', ['sent'], (step, log) => {
    const sent = resultOfTask(step, log)
    return sent !== null && sent.task.settled === null ? `${sent.task.taskId} has a result before it is settled` : null
  }),
  invariant('every solution is the provider’s for that task', ['sent'], (step, log) => {
    const sent = resultOfTask(step, log)
    if (sent === null || !hasSolution(sent.result)) return null
    const { task, result } = sent
    const charge = task.charges.find(({ captchaId }) => captchaId === result.captchaId)
    return charge?.fate === 'solved' && isEqual(charge.solution, result.solution)
      ? null
      : `${task.taskId} got ${JSON.stringify(result.solution)}`
  }),
  invariant('all results of a task tell the same', ['sent'], (step, log) => {
    const sent = resultOfTask(step, log)
    if (sent === null || sent.task.settled === null) return null
    const { task, result } = sent
    if (!isSameButSolution(result, sent.task.settled.result)) {
      return `${task.taskId}: ${JSON.stringify(result)} beside ${JSON.stringify(sent.task.settled.result)}`
    }
    const isOther = task.solvedBy !== null && task.solvedBy.captchaId !== result.captchaId
    return hasSolution(result) && isOther ? `${task.taskId} has two solutions` : null
  }),
  invariant('nothing but a disturbance makes a second result', ['sent'], (step, log) => {
    const sent = resultOfTask(step, log)
    if (sent === null || sent.task.results.length === 0 || isDisturbed(sent.task, log)) return null
    return `${sent.task.taskId} gets result ${sent.task.results.length + 1}`
  }),
] as const

/** A result about a task, not about a message that is none or that misuses the id of another task. */
export function resultOfTask({ result }: StepOf<'sent'>, log: RunLog): { task: TaskHistory; result: Result } | null {
  const { invalidTask, taskIdReused } = RESULT_ERROR
  const code = result?.error?.code
  if (result === null || code === invalidTask || code === taskIdReused) return null
  return { task: log.task(result.taskId), result }
}

export const hasSolution = ({ status, solution }: Result): boolean => status === 'solved' && solution !== undefined

/** Faults that make or hide a message and are not noted in the history of its task. */
const UNSEEN = ['sendTwice', 'sendHalfway', 'sendFails', 'queueDown', 'retried', 'crash', 'deleteFails'] as const

/** Something can explain a second result: a message that came again, a send or a write whose answer was lost. */
const isDisturbed = (task: TaskHistory, { scenario }: RunLog): boolean =>
  task.disturbed ||
  task.pollForgotten ||
  task.deliveredTwice ||
  task.chargesUncertain ||
  scenario.pingback ||
  scenario.redrive ||
  UNSEEN.some((fault) => scenario.faults[fault] !== undefined)

const isEqual = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

/** Two results of one task, but for the solution, which not every copy carries, and the word that it was not kept. */
function isSameButSolution(a: Result, b: Result): boolean {
  const { solution: _a, ...restA } = withoutNote(a)
  const { solution: _b, ...restB } = withoutNote(b)
  return isEqual(restA, restB)
}

function withoutNote({ error, ...result }: Result): Result {
  const isNote =
    result.status === 'solved' && error?.code === RESULT_ERROR.solutionNotKept && result.solution === undefined
  return isNote || error === undefined ? result : { ...result, error }
}
