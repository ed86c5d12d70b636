import { WRITES_SECONDS } from '../contract/limits.ts'
import { RESULT_ERROR } from '../contract/messages.ts'
import type { Waiting } from '../core/admission/item/waiting.ts'
import { ack, type Handled, retryLater } from '../core/message/disposition.ts'
import { pollMessageForSettled, pollMessageOf, sendOfPoll } from '../core/message/poll-message.ts'
import { resendMessages, resultMessages, storedAnswer } from '../core/message/result-message.ts'
import type { Invocation, Provider } from '../core/ports.ts'
import { resultMayBeUnsent } from '../core/task/accounting.ts'
import { type ClaimConflict, classifyConflict } from '../core/task/claim-conflict.ts'
import { outcomeEventOf, resultOf } from '../core/task/settlement.ts'
import type { SubmittedItem } from '../core/task/task.ts'
import { TABLE_UNREACHABLE } from '../core/task/waiting-reason.ts'
import { settle } from '../worker/settle.ts'
import { claim } from './claim.ts'
import { newItemFacts } from './new-item.ts'
import { park } from './park.ts'
import { type Paid, type Purchase, pay, SUBMIT_UNKNOWN, unpaid } from './pay.ts'
import type { SubmitContext } from './ports.ts'
import { settleOpen } from './settle-open.ts'
import { identityOf, type TaskMessage } from './task-message.ts'

/** Most tasks are solved in a third of this. */
const PRESUMED_LOST_MS = 60_000

type Conflict = Exclude<ClaimConflict, { kind: 'free' }>

/** `provider`: the task may be bought from it now; null: from none, and why. */
export interface Offer {
  provider: Provider | null
  waiting: Waiting
  /** When to ask about it, as the admission item says. */
  polls: Purchase['polls']
  /** Seconds until the task's turn, where it waits for a place. */
  turn: number | undefined
}

/** What one valid task message comes to. */
export async function processTask(
  context: SubmitContext,
  taskMessage: TaskMessage,
  { provider, waiting, polls, turn }: Offer,
  invocation: Invocation,
): Promise<Paid> {
  if (context.clock.now() >= taskMessage.deadlineAt) return unpaid(await expire(context, taskMessage, invocation))
  if (provider !== null) return claimAndSubmit(context, { taskMessage, provider, polls, invocation })
  const resumed = await resumeRedelivery(context, taskMessage, invocation)
  return unpaid(resumed ?? park(context, taskMessage, waiting.class, { ...waiting, turn }))
}

async function claimAndSubmit(context: SubmitContext, purchase: Omit<Purchase, 'item'>): Promise<Paid> {
  const { clock, settings } = context
  const { taskMessage, provider, invocation } = purchase
  // No paid call starts with less time left than the call and the writes around it may take.
  const callMs = (settings.providerTimeoutSeconds + WRITES_SECONDS) * 1000
  const isTooLate = (): boolean => clock.now() + callMs > invocation.endsAt
  if (isTooLate()) return unpaid(park(context, taskMessage, 'store'))
  const claimed = await claim(context, taskMessage, provider.name)
  switch (claimed.kind) {
    case 'claimed':
      if (!isTooLate()) return pay(context, { ...purchase, item: claimed.item })
      return unpaid(park(context, taskMessage, 'store', { unpaid: [claimed.item.attempt] }))
    case 'unconfirmed': {
      const parked = park(context, taskMessage, 'store', { unpaid: [claimed.attempt], while: TABLE_UNREACHABLE })
      return unpaid({ ...parked, events: [{ kind: 'fault', at: clock.now() }, ...parked.events] })
    }
    case 'rebuysExhausted': {
      const { item, fence } = claimed
      return unpaid(await settleOpen(context, { item, fence, ending: SUBMIT_UNKNOWN, invocation: invocation.id }))
    }
    case 'reused':
    case 'settled':
    case 'inFlight':
    case 'busy':
      return unpaid(await resolveConflict(context, taskMessage, claimed, invocation))
  }
}

/** A redelivery may stand for money already spent: the table is asked about it although nothing may be bought now. */
async function resumeRedelivery(
  context: SubmitContext,
  taskMessage: TaskMessage,
  invocation: Invocation,
): Promise<Handled | null> {
  if (taskMessage.message.receiveCount < 2) return null
  const found = await context.tasks.read(taskMessage.task.taskId)
  if (found === undefined) return null
  const conflict = classifyConflict(found, identityOf(taskMessage), context.clock.now())
  return conflict.kind === 'free' ? null : resolveConflict(context, taskMessage, conflict, invocation)
}

/** The deadline passed while the task waited: no charge, one result. */
async function expire(context: SubmitContext, taskMessage: TaskMessage, invocation: Invocation): Promise<Handled> {
  const ending = { kind: 'expired', while: taskMessage.taskAttributes.while } as const
  const item = newItemFacts(context, taskMessage)
  const by = { id: invocation.id, via: 'message' } as const
  const answer = await settle(context, { task: item, ending, item, invocation: by })
  if (answer.kind === 'settled') return answer.handled
  if (answer.found === undefined) return retryLater()
  const conflict = classifyConflict(answer.found, identityOf(taskMessage), context.clock.now())
  if (conflict.kind !== 'free') return resolveConflict(context, taskMessage, conflict, invocation)
  const { item: open, fence } = conflict
  return settleOpen(context, { item: open, fence, ending, invocation: invocation.id })
}

/** Another worker has the task, or the task is in a state in which this message has nothing to buy. */
async function resolveConflict(
  context: SubmitContext,
  taskMessage: TaskMessage,
  conflict: Conflict,
  invocation: Invocation,
): Promise<Handled> {
  const at = context.clock.now()
  const duplicate = { kind: 'duplicate', at } as const
  switch (conflict.kind) {
    case 'reused': {
      const { task, taskAttributes } = taskMessage
      const facts = { taskId: task.taskId, enqueuedAt: taskAttributes.enqueuedAt, charges: 0 }
      const result = resultOf(facts, TASK_ID_REUSED, at)
      return ack([{ kind: 'invalid', at, code: TASK_ID_REUSED.code }], ...resultMessages(result, 'queue'))
    }
    case 'settled':
      return resendSettled(context, taskMessage, conflict, invocation)
    case 'inFlight': {
      const { item, sameOrigin } = conflict
      if (!sameOrigin && !isPollPresumedLost(item, at)) return ack([duplicate])
      return ack([duplicate], sendOfPoll(pollMessageOf(item, taskMessage.message.body, true)))
    }
    case 'busy':
      // A client's duplicate is acknowledged: the message that holds the claim is still in the queue. A second delivery
      // of that very message must stay, in case the first delivery's worker dies.
      if (!conflict.sameOrigin) return ack([duplicate])
      return park(context, taskMessage, 'store', { atLeast: (conflict.until - at) / 1000 })
  }
}

/** A client that sends a task again so late may be right that its poll message is lost. A second one is harmless. */
const isPollPresumedLost = ({ deadlineAt, submittedAt }: SubmittedItem, at: number): boolean =>
  at >= Math.min(deadlineAt, submittedAt + PRESUMED_LOST_MS)

/** The task was settled before: its result is sent again to whoever may still wait for it. */
async function resendSettled(
  context: SubmitContext,
  taskMessage: TaskMessage,
  { item, sameOrigin }: Extract<Conflict, { kind: 'settled' }>,
  invocation: Invocation,
): Promise<Handled> {
  const { accountingOwner, clock } = context
  const at = clock.now()
  const { result, reply } = item
  if (sameOrigin && accountingOwner.mayStillReport(item)) return park(context, taskMessage, 'store')
  const { taken } = await accountingOwner.takeOver(item, { id: invocation.id, via: 'message' })
  const counted = taken ? [outcomeEventOf(item)] : []
  const poll =
    sameOrigin && resultMayBeUnsent(item.accounting, taken)
      ? pollMessageForSettled(item, taskMessage.message.body)
      : null
  const again = sameOrigin ? resendMessages(result, reply) : storedAnswer(result, taskMessage.task.reply)
  return ack([{ kind: 'duplicate', at }, ...counted], ...(poll === null ? again : [sendOfPoll(poll)]))
}

const TASK_ID_REUSED = {
  kind: 'failed',
  code: RESULT_ERROR.taskIdReused,
  class: 'invalid',
  message: 'Another task was sent under this taskId before; this one was not solved. Use a new taskId.',
} as const
