import { RESULT_ERROR } from '../../../functions/contract/messages.ts'
import type { Message } from '../../../functions/core/message/message.ts'
import { TASKS_FAIL } from '../../../functions/core/record/sweep-findings.ts'
import { hasIssue } from '../../../functions/core/rules/issue.ts'
import type { Result } from '../../../functions/core/task/task.ts'
import type { Held } from '../../memory/queue.ts'
import { recordGate } from './gate-history.ts'
import { isInFlight } from './invariants/admission.ts'
import { recordKeys } from './key-history.ts'
import { messageTaskId } from './message-task-id.ts'
import { entryOf, type WritableRunLog } from './run-log.ts'
import type { Step, StepOf } from './step.ts'
import type { TaskHistory } from './task-history.ts'

/** HTTP errors of one task that count as unpaid; those after them count as lost answers. */
export const MOST_HTTP_ERRORS = 5
const LATE_RESULT_MS = 600_000

/** Adds one step of the run to the log. */
export function recordStep(log: WritableRunLog, step: Step): void {
  recordMessages(log, step)
  recordTask(log, step)
  recordFleet(log, step)
  recordGate(log.gate, step, log.now())
}

/** What clients, queues and Lambda do with messages. */
function recordMessages(log: WritableRunLog, step: Step): void {
  switch (step.kind) {
    case 'wanted':
      wanted(log, step)
      break
    case 'invalidSent':
      log.invalidMessages.set(step.message.messageId, step.message)
      break
    case 'received':
      received(log, step)
      break
    case 'sent':
      sent(log, step)
      break
    case 'returned':
      returned(log, step)
      break
    case 'deliveredTwice':
      notePoll(log, step, (history) => {
        history.deliveredTwice = true
      })
      break
    case 'pollDisturbed':
      notePoll(log, step, (history) => {
        history.pollForgotten = true
      })
      break
    case 'exhausted':
      log.exhausted.push(step.messageId)
      break
    case 'invocationRefused':
      log.refusals.set(step.why, (log.refusals.get(step.why) ?? 0) + 1)
      break
  }
}

/** What happens to one task, in the table and at its provider. */
function recordTask(log: WritableRunLog, step: Step): void {
  switch (step.kind) {
    case 'wrote':
      wrote(log, step)
      break
    case 'submitLeft':
      log.task(step.task.taskId).paying.add(step.environment)
      log.workOf(step.environment).bought.push(step.task)
      log.workOf(step.environment).answers.delete(step.task.taskId)
      break
    case 'charged':
      charged(log, step)
      break
    case 'httpError':
      httpError(log, step)
      break
    case 'submitAnswered':
      submitAnswered(log, step)
      break
    case 'polled':
      polled(log, step)
      break
    case 'unsolved':
      unsolved(log, step)
      break
  }
}

/** What the fleet as a whole does: its invocations and its admission item. */
function recordFleet(log: WritableRunLog, step: Step): void {
  switch (step.kind) {
    case 'invoked':
      invoked(log, step)
      break
    case 'admitted':
      admitted(log, step)
      break
    case 'keyRefused':
      log.keys.refusals++
      break
    case 'recorded':
      if (hasIssue(step.record.raw.issues, ...TASKS_FAIL)) log.hasFoundFailing = true
      break
    case 'outcomeUnanswered':
      log.unreliable.add(step.invocation)
      break
    case 'ended':
      ended(log, step)
      break
  }
}

function wanted(log: WritableRunLog, { taskId, wanted }: StepOf<'wanted'>): void {
  const history = log.task(taskId)
  history.wanted.push(wanted)
  if (history.wanted.length > 1) history.disturbed = true
}

function received(log: WritableRunLog, { message }: StepOf<'received'>): void {
  const invalid = log.invalidMessages.get(message.messageId)
  if (invalid !== undefined) invalid.receives++
}

function returned(log: WritableRunLog, { message, isExcused }: StepOf<'returned'>): void {
  const counts = entryOf(log.returns, message.messageId, () => ({ excused: 0, unexcused: 0 }))
  counts[isExcused ? 'excused' : 'unexcused']++
  if (isExcused) disturb(log, message)
}

function notePoll(log: WritableRunLog, { message }: { message: Message }, note: (history: TaskHistory) => void): void {
  const history = log.taskOfPoll(message.body)
  if (history !== undefined) note(history)
}

function httpError(log: WritableRunLog, { task, masked }: StepOf<'httpError'>): void {
  const history = log.task(task.taskId)
  history.httpErrors++
  if (masked !== null) history.masked++
  // Those above the limit count as lost answers, which are bought again only as often as the policy allows.
  if (masked !== null || history.httpErrors > MOST_HTTP_ERRORS) history.chargesUncertain = true
}

function unsolved(log: WritableRunLog, { charge, why }: StepOf<'unsolved'>): void {
  const history = log.task(charge.task.taskId)
  const causes = why === 'unsolvable' ? history.unsolvable : history.lostIdResubmits
  causes.add(charge.captchaId)
}

function invoked(log: WritableRunLog, { environment, messages }: StepOf<'invoked'>): void {
  const work = log.workOf(environment)
  work.batch = { messages, at: log.now() }
  work.bought.length = 0
  for (const known of [work.answers, work.unpolled, work.refusals]) known.clear()
}

function admitted(log: WritableRunLog, { admission }: StepOf<'admitted'>): void {
  const [before, after] = [log.admission?.control, admission.control]
  log.admission = admission
  // Most writes change counters alone and keep the very same control.
  if (before === after) return
  for (const [name, { breaker }] of Object.entries(after.providers)) {
    if (breaker.state !== before?.providers[name]?.breaker.state) log.breakerSince.set(name, log.now())
  }
  const pollsOf = (control: typeof after) => JSON.stringify([control.waits, control.callbacks])
  if (before !== undefined && pollsOf(before) !== pollsOf(after)) log.pollsSince = log.now()
  recordKeys(log.keys, admission, log.now())
}

function wrote(log: WritableRunLog, { transition, after, writer }: StepOf<'wrote'>): void {
  const history = log.task(after.taskId)
  history.item = after
  if (isInFlight(after)) log.inFlight.add(after.taskId)
  else log.inFlight.delete(after.taskId)
  if (transition.kind === 'transferAccounting') {
    log.accountedBy.get(transition.from)?.delete(history)
    count(log, transition.to.invocation, history)
    return
  }
  if (transition.kind === 'claim') {
    history.claims.add(transition.item.attempt)
    if (writer?.dead) history.chargesUncertain = true
    if (writer !== null) entryOf(log.claimsOf, writer, () => new Map()).set(after.taskId, transition.item.attempt)
  }
  if (!('result' in after)) return
  const { result, settledBy, accounting } = after
  history.settled = { result, by: settledBy, accounting, at: log.now(), item: after }
  count(log, accounting.invocation, history)
}

const count = (log: WritableRunLog, invocation: string | null, counted: TaskHistory): void => {
  entryOf(log.accountedBy, invocation, () => new Set<TaskHistory>()).add(counted)
}

function charged(log: WritableRunLog, { charge }: StepOf<'charged'>): void {
  log.task(charge.task.taskId).charges.push(charge)
  log.addCharge(charge)
}

function submitAnswered(
  log: WritableRunLog,
  { environment, provider, task: { taskId }, answer }: StepOf<'submitAnswered'>,
): void {
  const history = log.task(taskId)
  history.paying.delete(environment)
  const { answers, unpolled } = log.workOf(environment)
  answers.set(taskId, answer.kind)
  if (answer.kind === 'accepted') unpolled.set(taskId, answer.captchaId)
  if (answer.kind === 'lost') history.chargesUncertain = true
  if (answer.kind !== 'refused') return
  const { class: kind, retryAfterSeconds = 0 } = answer.failure
  const work = log.workOf(environment)
  work.refusals.set(taskId, { retryAfterSeconds, at: log.now() })
  if (kind === 'rate' || kind === 'blocked') {
    const until = Math.max(log.now() + retryAfterSeconds * 1000, work.backOffs.get(provider)?.until ?? 0)
    work.backOffs.set(provider, { askedAt: log.now(), until })
  }
}

function polled(log: WritableRunLog, { environment, charge, answer }: StepOf<'polled'>): void {
  if (charge === null || !environment.name.startsWith('collect')) return
  const polls = entryOf(log.task(charge.task.taskId).polls, charge, () => ({ at: [], notBefore: 0 }))
  polls.at.push(log.now())
  const seconds = answer.kind === 'failed' ? (answer.failure.retryAfterSeconds ?? 0) : 0
  polls.notBefore = log.now() + seconds * 1000
}

function sent(log: WritableRunLog, { queue, message, result, environment }: StepOf<'sent'>): void {
  if (queue === 'deadLetters') log.deadLetters.push(message)
  if (queue === 'polls') {
    pollSent(log, message)
    log.workOf(environment).unpolled.delete(messageTaskId(message))
  }
  if (result !== null) resultSent(log, result)
}

function resultSent(log: WritableRunLog, result: Result): void {
  const { taskId, error } = result
  if (error?.code === RESULT_ERROR.invalidTask) {
    log.invalidResults.set(taskId, (log.invalidResults.get(taskId) ?? 0) + 1)
    return
  }
  const history = log.task(taskId)
  if (error?.code === RESULT_ERROR.taskIdReused) {
    history.reused++
    return
  }
  history.results.push(result)
  history.lastResultAt = log.now()
  const { settled } = history
  if (settled !== null && log.now() > settled.at + LATE_RESULT_MS) history.resultSentLate = true
  if (history.solvedBy !== null || result.status !== 'solved' || result.solution === undefined) return
  const charge = history.charges.find(({ captchaId }) => captchaId === result.captchaId)
  if (charge === undefined) return
  history.solvedBy = charge
  log.lateness.push((log.now() - charge.readyAt) / 1000)
}

/** Two poll messages of one task do not know of each other's polls. */
function pollSent(log: WritableRunLog, { body }: Held): void {
  const history = log.taskOfPoll(body)
  if (history === undefined) return
  const { firstPollAt, recorded } = JSON.parse(body)
  if (!recorded) history.disturbed = true
  if (firstPollAt === undefined || history.poll === body) history.pollForgotten = true
  history.poll = body
}

function ended(log: WritableRunLog, { environment, invocation, died }: StepOf<'ended'>): void {
  if (died) log.unreliable.add(invocation)
  for (const taskId of log.claimsOf.get(environment)?.keys() ?? []) {
    if (died || environment.faultCount > 0) log.task(taskId).chargesUncertain = true
  }
  log.claimsOf.delete(environment)
}

/** Something that went wrong explains why this message came back. */
function disturb(log: WritableRunLog, message: Message): void {
  const history = log.taskOf(message)
  if (history !== undefined) history.disturbed = true
}
