import { invariant } from '../invariant.ts'
import { messageTaskId } from '../message-task-id.ts'
import { MOST_HTTP_ERRORS } from '../record-step.ts'

/** Milliseconds that a paid call and the writes after it may take. */
const PAID_CALL_MS = 10_000

/** What is paid for: by whom, how often, and how much. */
export const MONEY = [
  invariant('one paid call at a time', ['submitLeft'], ({ environment, task: { taskId } }, log) => {
    const other = [...log.task(taskId).paying].find(({ dead }) => !dead)
    return other === undefined ? null : `${environment.name} and ${other.name} both pay for ${taskId}`
  }),
  invariant('no paid call starts without time left', ['submitLeft'], ({ environment, task, begunAt }) => {
    const left = environment.endsAt - begunAt
    return left >= PAID_CALL_MS ? null : `${environment.name} pays for ${task.taskId} with ${Math.round(left)} ms left`
  }),
  invariant('no paid call without a durable claim', ['submitArrived'], ({ environment, task: { taskId } }, log) => {
    if (environment.dead) return null
    const { claims, item, settled } = log.task(taskId)
    const attempt = log.claimsOf.get(environment)?.get(taskId)
    const isHeld = item?.state === 'claimed' && item.attempt === attempt && item.leaseUntil > 0
    return attempt !== undefined && claims.has(attempt) && (isHeld || settled !== null)
      ? null
      : `${environment.name} pays for ${taskId} as ${attempt}, the table says ${item?.state} ${item?.attempt}`
  }),
  invariant('what is in flight is not bought again', ['wrote'], ({ transition, before, after }) =>
    transition.kind === 'claim' && before?.state === 'submitted'
      ? `${after.taskId} was claimed over ${before.attempt}`
      : null,
  ),
  invariant('one id, one payload', ['charged'], ({ charge: { task } }, log) => {
    const first = log.task(task.taskId).charges[0]?.task ?? task
    return first.sitekey === task.sitekey ? null : `${task.taskId} was bought with two payloads`
  }),
  invariant('nothing but tasks is paid for', ['charged'], ({ charge: { task } }, log) =>
    log.task(task.taskId).wanted.length > 0 ? null : `${task.taskId} was charged`,
  ),
  invariant('charges per task are bounded', ['charged'], ({ charge: { task } }, log) => {
    const { charges, unsolvable, lostIdResubmits, masked } = log.task(task.taskId)
    const resubmits = Math.min(2, unsolvable.size) + Math.min(1, lostIdResubmits.size)
    const allowed = 1 + log.scenario.rebuyUnknown + resubmits + masked
    const count = charges.length + 1
    return count <= allowed ? null : `${task.taskId} has ${count} charges, ${allowed} are allowed`
  }),
  invariant('HTTP errors per task are bounded', ['httpError'], ({ task: { taskId } }, log) => {
    const count = log.task(taskId).httpErrors + 1
    // Those above the limit count as lost answers, which are bought again only as often as the policy allows.
    const allowed = MOST_HTTP_ERRORS + 1 + log.scenario.rebuyUnknown
    return count <= allowed ? null : `${taskId} was answered with ${count} HTTP errors, ${allowed} are allowed`
  }),
  invariant('an HTTP error is counted as its claim is released', ['wrote'], (step, log) => {
    const { transition, before, after, writer } = step
    const answer = writer === null ? undefined : log.workOf(writer).answers.get(after.taskId)
    if (transition.kind !== 'release' || before === undefined || answer === undefined) return null
    const [counted, due] = [after.httpErrors - before.httpErrors, answer === 'httpError' ? 1 : 0]
    return counted === due
      ? null
      : `${after.taskId} is released after '${answer}' and counts ${counted} HTTP errors more`
  }),
  invariant(
    'a task that was paid for has its poll message before its task message goes',
    ['acknowledged'],
    (step, log) => {
      const taskId = messageTaskId(step.message)
      const { batch, unpolled } = log.workOf(step.environment)
      const captchaId = unpolled.get(taskId)
      // Of two messages of one task in one batch only one is paid for, and the other may go.
      const isOnlyOne = batch?.messages.filter((message) => messageTaskId(message) === taskId).length === 1
      return captchaId === undefined || !isOnlyOne ? null : `${taskId} was paid for as ${captchaId}`
    },
  ),
  invariant('the spend limit holds', ['charged'], ({ environment, charge }, log) => {
    const before = log.chargesInHourOf(charge)
    const { perHour } = log.scenario.spend
    if (perHour === null || before === null || before < perHour) return null
    return `${environment.name} made charge ${before + 1} of ${perHour} in an hour`
  }),
] as const
