import { ack, type Handled, retryLater } from '../core/message/disposition.ts'
import { pollMessageForSettled, pollMessageOf, sendOfPoll } from '../core/message/poll-message.ts'
import { resendMessages, resultMessages, storedAnswer } from '../core/message/result-message.ts'
import type { Clock, Invocation, Log, Provider, TaskStore } from '../core/ports.ts'
import { accountedBy, resultMayBeUnsent } from '../core/task/accounting.ts'
import { type ClaimConflict, classifyConflict } from '../core/task/claim-conflict.ts'
import { outcomeEventOf, resultOf } from '../core/task/settlement.ts'
import type { SettledItem } from '../core/task/task.ts'
import { TABLE_UNREACHABLE } from '../core/task/waiting-reason.ts'
import type { AccountingOwner } from '../worker/accounting-owner.ts'
import { logSettled } from '../worker/log-settled.ts'
import { retryUnanswered } from '../worker/retry.ts'
import type { Settle } from '../worker/settle.ts'
import type { Claim } from './claim.ts'
import type { Park } from './park.ts'
import { type Paid, type Pay, SUBMIT_UNKNOWN, unpaid } from './pay.ts'
import { identityOf, type TaskMessage } from './task-message.ts'

/** Most tasks are solved in a third of this. */
const PRESUMED_LOST_MS = 60_000

/** What one well-formed task message comes to. */
export function makeProcessTask(ports: {
  tasks: TaskStore
  clock: Clock
  log: Log
  take: Claim
  pay: Pay
  park: Park
  settle: Settle
  accountingOwner: AccountingOwner
  attempt: () => string
  itemDays: number
  /** Time that one paid call and the writes around it may take: none starts with less left. */
  callSeconds: number
}) {
  const { tasks, clock, log, take, pay, park, settle, accountingOwner } = ports

  /** The task is somebody else's, or in another state than a message expects. */
  async function resolveConflict(
    taskMessage: TaskMessage,
    conflict: Exclude<ClaimConflict, { kind: 'free' }>,
    run: Invocation,
  ) {
    const at = clock.now()
    const { taskId } = taskMessage.task
    switch (conflict.kind) {
      case 'reused': {
        const facts = { taskId, enqueuedAt: taskMessage.taskAttributes.enqueuedAt, charges: 0 }
        const result = resultOf(facts, TASK_ID_REUSED, at)
        return ack([{ kind: 'invalid', at, code: TASK_ID_REUSED.code }], ...resultMessages(result, 'queue'))
      }
      case 'settled': {
        const { item, sameOrigin } = conflict
        const { result, reply } = item
        if (sameOrigin && accountingOwner.mayStillReport(item)) return park(taskMessage, 'store')
        const { taken } = await accountingOwner.takeOver(item, { id: run.id, via: 'message' })
        const counted = taken ? [outcomeEventOf(item)] : []
        const poll =
          sameOrigin && resultMayBeUnsent(item.accounting, taken)
            ? pollMessageForSettled(item, taskMessage.message.body)
            : null
        const again = sameOrigin ? resendMessages(result, reply) : storedAnswer(result, taskMessage.task.reply)
        return ack([{ kind: 'duplicate', at }, ...counted], ...(poll === null ? again : [sendOfPoll(poll)]))
      }
      case 'inFlight': {
        // A client that sends again after so long may be right that nobody looks any more; a second poll message is harmless.
        const isForgotten = at >= Math.min(conflict.item.deadlineAt, conflict.item.submittedAt + PRESUMED_LOST_MS)
        if (!conflict.sameOrigin && !isForgotten) return ack([{ kind: 'duplicate', at }])
        const poll = pollMessageOf(conflict.item, taskMessage.message.body, true)
        return ack([{ kind: 'duplicate', at }], sendOfPoll(poll))
      }
      case 'busy':
        // A client's duplicate is done with: the message that holds the claim is still there. A second delivery of that
        // very message must stay, in case the first one's worker dies.
        if (!conflict.sameOrigin) return ack([{ kind: 'duplicate', at }])
        return park(taskMessage, 'store', { atLeast: (conflict.until - at) / 1000 })
    }
  }

  /** Its deadline passed while it waited: no charge, one result. */
  async function expire(taskMessage: TaskMessage, run: Invocation): Promise<Handled> {
    const { task, taskAttributes, hash, deadlineAt } = taskMessage
    const settledAt = clock.now()
    const { taskId, method, reply } = task
    const ending = { kind: 'expired', while: taskAttributes.while } as const
    const result = resultOf({ taskId, enqueuedAt: taskAttributes.enqueuedAt, charges: 0 }, ending, settledAt)
    const counts = { charges: 0, uncertainCharges: 0, unsolvable: 0, lostIdResubmits: 0, httpErrors: 0, lost: [] }
    const item: SettledItem = {
      ...{
        taskId,
        method,
        hash,
        attempt: ports.attempt(),
        origin: taskAttributes.origin,
        enqueuedAt: taskAttributes.enqueuedAt,
      },
      ...{ deadlineAt, reply, ttl: Math.ceil(settledAt / 1000) + ports.itemDays * 86_400, ...counts },
      ...{ state: 'expired', result, settledAt, settledBy: null },
      accounting: accountedBy({ id: run.id, via: 'message' }, settledAt),
    }
    const answer = await retryUnanswered(clock, () => tasks.apply({ kind: 'settleUnclaimed', item }))
    if (answer.kind === 'applied') {
      logSettled(log, result)
      return ack([outcomeEventOf(item)], ...resultMessages(result, reply))
    }
    if (answer.found === undefined) return retryLater()
    const conflict = classifyConflict(answer.found, identityOf(taskMessage), clock.now())
    if (conflict.kind !== 'free') return resolveConflict(taskMessage, conflict, run)
    return settle({ ...conflict, ending, invocation: run.id })
  }

  return {
    /** Claims and pays. */
    async buy(taskMessage: TaskMessage, provider: Provider, run: Invocation): Promise<Paid> {
      if (clock.now() >= taskMessage.deadlineAt) return unpaid(await expire(taskMessage, run))
      if (tooLate(run)) return unpaid(park(taskMessage, 'store', { atLeast: 1 }))
      const claimed = await take(taskMessage, provider.name)
      if (claimed.kind === 'unconfirmed') {
        const parked = park(taskMessage, 'store', { unpaid: [claimed.attempt], while: TABLE_UNREACHABLE })
        return unpaid({ ...parked, events: [{ kind: 'fault', at: clock.now() }, ...parked.events] })
      }
      if (claimed.kind === 'rebuysExhausted') {
        return unpaid(await settle({ ...claimed, ending: SUBMIT_UNKNOWN, invocation: run.id }))
      }
      if (claimed.kind !== 'claimed') return unpaid(await resolveConflict(taskMessage, claimed, run))
      if (!tooLate(run)) return pay(taskMessage, claimed.item, provider, run)
      return unpaid(park(taskMessage, 'store', { atLeast: 1, unpaid: [claimed.item.attempt] }))
    },
    expire,
    /** A redelivery may stand for money already spent: it is looked up although nothing may be bought now. */
    async resume(taskMessage: TaskMessage, run: Invocation): Promise<Handled | null> {
      if (taskMessage.message.receiveCount < 2) return null
      const found = await tasks.read(taskMessage.task.taskId)
      if (found === undefined) return null
      const conflict = classifyConflict(found, identityOf(taskMessage), clock.now())
      return conflict.kind === 'free' ? null : resolveConflict(taskMessage, conflict, run)
    },
  }

  function tooLate(run: Invocation): boolean {
    return clock.now() + ports.callSeconds * 1000 > run.endsAt
  }
}
export type ProcessTask = ReturnType<typeof makeProcessTask>

const TASK_ID_REUSED = {
  kind: 'failed',
  code: 'TASK_ID_REUSED',
  class: 'invalid',
  message: 'Another task was sent under this taskId before; this one was not solved. Use a new taskId.',
} as const
