import { DEAD_LETTER, RESULT_ERROR } from '../contract/messages.ts'
import { waitForDeadline } from '../core/admission/item/waiting.ts'
import type { AdmissionReport } from '../core/admission/steps/plan-report.ts'
import { errorName } from '../core/error-name.ts'
import { deadLetter } from '../core/message/dead-letter.ts'
import { ack, type Handled, retryLater } from '../core/message/disposition.ts'
import type { Message } from '../core/message/message.ts'
import { problemText } from '../core/message/problem-text.ts'
import { resultMessages } from '../core/message/result-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Invocation } from '../core/ports.ts'
import { resultOf } from '../core/task/settlement.ts'
import { TABLE_UNREACHABLE } from '../core/task/waiting-reason.ts'
import { type Delivery, handleBatch, isKept, keptIds } from '../worker/handle-batch.ts'
import { reportOf } from '../worker/report.ts'
import type { Reservation } from './admitter.ts'
import { makeKeyedSerializer } from './keyed-serializer.ts'
import { park } from './park.ts'
import { type Paid, unpaid } from './pay.ts'
import type { SubmitContext } from './ports.ts'
import { type Offer, processTask } from './process-task.ts'
import { leavesCritical, rankTasks, turnsOf } from './rank-tasks.ts'
import { type InvalidMessage, parseTaskMessage, type TaskMessage } from './task-message.ts'

/** Of the problems in a log line, characters. */
const LONGEST_LOGGED = 400

type Received = TaskMessage | InvalidMessage

/** The submit function: takes a batch of task messages, buys what may be bought, and loses nothing. */
export async function submitBatch(
  context: SubmitContext,
  messages: Message[],
  invocation: Invocation,
): Promise<string[]> {
  if (invocation.clockUnknown) return postpone(context, messages)
  const startedAt = context.clock.now()
  const batch = messages.map((message) => parseTaskMessage(message, context.digest))
  const tasks = batch.filter((received) => received.kind === 'task')
  const control = await context.admitter.control()
  const { candidates, tooLate } = rankTasks(context, tasks, { now: startedAt, waits: control?.waits ?? {} })
  const reservation = await context.admitter.reserve(
    candidates.map(({ priority }) => priority),
    invocation.id,
  )
  const granted = new Set<Received>(candidates.slice(0, reservation.granted).map(({ taskMessage }) => taskMessage))
  if (leavesCritical(candidates, reservation)) await context.admitter.keepPlace()
  const turns = await turnsOf(context, candidates, reservation)

  // Two messages of one task in one batch would each take the other's settlement for its own.
  const serialize = makeKeyedSerializer()
  const deliveries = await handleBatch(context, batch, async (received) => {
    if (received.kind === 'invalid') return unpaid(refuse(context, received))
    const offer = {
      provider: granted.has(received) ? reservation.provider : null,
      waiting: tooLate.has(received)
        ? waitForDeadline(received.taskAttributes.while, received.deadlineAt - startedAt)
        : reservation.waiting,
      polls: reservation.polls,
      turn: turns.get(received),
    }
    return serialize(received.task.taskId, () => handle(context, received, offer, invocation))
  })
  const handled = deliveries.map((delivery) => delivery.handled)
  const changes = await context.sendReport(reportOfBatch(invocation.id, reservation, handled))

  const events: OutcomeEvent[] = tasks.map(() => ({ kind: 'received', at: startedAt }))
  events.push(...reservation.events, ...changes)
  const kept: string[] = []
  for (const delivery of deliveries) {
    const end = await endOf(context, delivery)
    events.push(...delivery.handled.events, ...end.events)
    if (end.isKept) kept.push(delivery.received.message.messageId)
  }
  await context.recordOutcome(invocation.id, events)
  return kept
}

/** What was reserved and is neither in flight nor spent is given back, and the provider's answers are reported. */
function reportOfBatch(
  id: string,
  { granted, provider, spend }: Reservation,
  handled: readonly Paid[],
): AdmissionReport {
  const unused = granted - handled.filter(({ isInFlight }) => isInFlight).length
  const unspent = granted - handled.filter(({ mayBeCharged }) => mayBeCharged).length
  return {
    ...reportOf(id, handled),
    freed: provider === null ? [] : Array.from({ length: unused }, () => provider.name),
    unspent: spend === null ? null : { count: unspent, spend },
  }
}

/** One bad task never costs its neighbours: a task whose handling throws is kept. */
async function handle(
  context: SubmitContext,
  taskMessage: TaskMessage,
  offer: Offer,
  invocation: Invocation,
): Promise<Paid> {
  const { clock, log } = context
  try {
    return await processTask(context, taskMessage, offer, invocation)
  } catch (error) {
    // The table did not answer, so nothing is paid for and the task waits.
    log('error', 'task kept', { taskId: taskMessage.task.taskId, error: errorName(error) })
    const parked = park(context, taskMessage, 'store', { while: TABLE_UNREACHABLE })
    return unpaid({ ...parked, events: [{ kind: 'fault', at: clock.now() }, ...parked.events] })
  }
}

function refuse({ clock, log }: SubmitContext, invalid: InvalidMessage): Handled {
  const { message, taskAttributes, taskId, problems } = invalid
  const at = clock.now()
  log('warn', 'invalid task', { taskId, problems: problemText(problems, LONGEST_LOGGED) })
  const { invalidTask: code } = RESULT_ERROR
  const ending = { kind: 'failed', code, class: 'invalid', message: problemText(problems) } as const
  const result = resultOf({ taskId, enqueuedAt: taskAttributes.enqueuedAt, charges: 0 }, ending, at)
  const { body, receiveCount } = message
  const letter = deadLetter(
    { body, code: DEAD_LETTER.invalidTask, problems, source: 'tasks', receiveCount },
    taskAttributes,
  )
  const events: OutcomeEvent[] = [
    { kind: 'invalid', at, code },
    { kind: 'deadLettered', at },
  ]
  return ack(events, ...resultMessages(result, 'queue'), { queue: 'deadLetters', message: letter })
}

/** Whether the message stays in the queue, and what the outcome item counts of its sends. */
async function endOf(
  context: SubmitContext,
  delivery: Delivery<Received, Paid>,
): Promise<{ isKept: boolean; events: OutcomeEvent[] }> {
  const { received, delivered } = delivery
  const faults: OutcomeEvent[] = delivered ? [] : [{ kind: 'fault', at: context.clock.now() }]
  const isLast = received.message.receiveCount >= context.settings.maxReceiveCount
  if (received.kind === 'invalid' || !isKept(delivery) || !isLast) return { isKept: isKept(delivery), events: faults }
  if (!(await giveUp(context, received))) return { isKept: true, events: faults }
  return { isKept: false, events: [...faults, { kind: 'deadLettered', at: context.clock.now() }] }
}

/** The last receive that the queue allows has failed: dead-lettered by us, so that a redrive knows the task's id. */
async function giveUp({ sender }: SubmitContext, { message, taskAttributes }: TaskMessage): Promise<boolean> {
  const { body, receiveCount } = message
  const problems = [`could not be handled in ${receiveCount} receives`]
  const code = DEAD_LETTER.failedRepeatedly
  const letter = deadLetter({ body, code, problems, source: 'tasks', receiveCount }, taskAttributes)
  const [isSent = false] = await sender.send('deadLetters', [letter])
  return isSent
}

/** The table does not answer, so not even the time is known: valid tasks are parked, all else is received again. */
async function postpone(context: SubmitContext, messages: Message[]): Promise<string[]> {
  context.log('error', 'table unreachable, batch kept', { messages: messages.length })
  const batch = messages.map((message) => parseTaskMessage(message, context.digest))
  const deliveries = await handleBatch(context, batch, async (received) =>
    received.kind === 'task' ? park(context, received, 'store', { while: TABLE_UNREACHABLE }) : retryLater(),
  )
  return keptIds(deliveries)
}
