import { isSettled, type Result } from '../../../../functions/core/task/task.ts'
import { firstWrong, invariant } from '../invariant.ts'
import type { StepOf } from '../step.ts'
import type { RecordedSettlement, TaskHistory } from '../task-history.ts'
import { CLOCK_TOLERANCE_MS } from './tolerances.ts'

/** How tasks end. */
export const SETTLEMENT = [
  invariant('settled at most once', ['wrote'], ({ transition, after: { taskId } }, log) =>
    transition.kind !== 'transferAccounting' && log.task(taskId).settled !== null
      ? `${taskId} was settled, then came ${transition.kind}`
      : null,
  ),
  invariant('the deadline is that of a message of the client', ['wrote'], (step, log) => {
    const { taskId, deadlineAt } = step.after
    const isOfClient = log.task(taskId).wanted.some((wanted) => Math.abs(wanted.deadlineAt - deadlineAt) <= 1)
    return !settles(step) || isOfClient ? null : `${taskId} has the deadline ${deadlineAt}`
  }),
  invariant('nothing expires early', ['wrote'], (step, log) => {
    const { taskId, state } = step.after
    if (!settles(step) || state !== 'expired') return null
    // A producer that sends again gives its task another deadline; whichever comes first may end it.
    const early = Math.min(...log.task(taskId).wanted.map(({ deadlineAt }) => deadlineAt)) - log.now()
    return early <= CLOCK_TOLERANCE_MS ? null : `${taskId} expired ${early} ms early`
  }),
  invariant('nothing is solved after its deadline', ['wrote'], (step) => {
    const { after } = step
    if (!settles(step) || after.state !== 'solved') return null
    const late = after.settledAt - after.deadlineAt
    return late <= CLOCK_TOLERANCE_MS ? null : `${after.taskId} by ${late} ms`
  }),
  invariant('no task is lost', ['atRest'], (_step, log) =>
    firstWrong(log.tasks.values(), ({ taskId, wanted, settled, item }) =>
      wanted.length > 0 && settled === null ? `${taskId} is ${item?.state ?? 'in no table'} at the end` : null,
    ),
  ),
  invariant('nothing settles but tasks', ['atRest'], (step, log) =>
    firstWrong(log.tasks.values(), (task) => {
      const isLost = task.wanted.length > 0 && task.settled === null
      return isLost || settlementOf(step, task) !== null
        ? null
        : `${task.taskId} is ${step.items.get(task.taskId)?.state}`
    }),
  ),
  invariant('attempts tell all charges', ['wrote', 'atRest'], (step, log) => {
    if (step.kind === 'wrote') {
      const { after } = step
      return settles(step) && 'result' in after ? wrongAttempts(log.task(after.taskId), after.result, false) : null
    }
    return firstWrong(log.tasks.values(), (task) => {
      const settlement = settlementOf(step, task)
      return settlement === null ? null : wrongAttempts(task, settlement.result, !task.chargesUncertain)
    })
  }),
  invariant('every settled task has its result', ['atRest'], (step, log) =>
    firstWrong(log.tasks.values(), (task) => withoutResult(task, settlementOf(step, task))),
  ),
  invariant('a settled task that is sent again is answered', ['atRest'], (step, log) =>
    firstWrong(log.tasks.values(), (task) => {
      const settlement = settlementOf(step, task)
      if (settlement === null || payloadsOf(task) !== 1) return null
      const asked = task.wanted.filter(({ reply, sentAt }) => reply !== 'record' && sentAt > settlement.at)
      return asked.some(({ sentAt }) => task.lastResultAt < sentAt)
        ? `${task.taskId} was not, ${settlement.result.status}`
        : null
    }),
  ),
  invariant('another payload is refused', ['atRest'], (step, log) =>
    firstWrong(log.tasks.values(), (task) =>
      settlementOf(step, task) !== null && payloadsOf(task) > 1 && task.reused === 0
        ? `${task.taskId} came with ${payloadsOf(task)} payloads, none was refused`
        : null,
    ),
  ),
] as const

function settles({ transition, after }: StepOf<'wrote'>): boolean {
  return transition.kind !== 'transferAccounting' && 'result' in after
}

/** The settlement of a task that the table still has at the end. */
function settlementOf(step: StepOf<'atRest'>, { taskId, settled }: TaskHistory): RecordedSettlement | null {
  const item = step.items.get(taskId)
  return item !== undefined && isSettled(item) ? settled : null
}

const payloadsOf = ({ wanted }: TaskHistory): number => new Set(wanted.map(({ payload }) => payload)).size

/** A charge that an HTTP error hides is known to nobody. */
function wrongAttempts(
  { taskId, charges, masked }: TaskHistory,
  { attempts }: Result,
  isExact: boolean,
): string | null {
  const isRight = attempts >= charges.length - masked && (!isExact || attempts === charges.length)
  return isRight ? null : `${taskId} tells ${attempts}, the ledger has ${charges.length}`
}

function withoutResult(task: TaskHistory, settlement: RecordedSettlement | null): string | null {
  if (settlement === null) return null
  const { result, item } = settlement
  if (item.reply !== 'record') {
    // So long after it was solved, a provider that does not answer is not asked again; the result still says that it was solved.
    const results = task.results.filter(
      ({ status, solution }) => status !== 'solved' || solution !== undefined || task.resultSentLate,
    )
    if (results.length === 0) return `${task.taskId} has none, ${result.status}`
  }
  return item.reply !== 'queue' && result.status === 'solved' && result.solution === undefined
    ? `${task.taskId} has no solution in its record`
    : null
}
