import { ack, type Handled } from '../core/message/disposition.ts'
import { resultMessages } from '../core/message/result-message.ts'
import type { Clock, Log, TaskStore } from '../core/ports.ts'
import { type Accountant, accountedBy } from '../core/task/accounting.ts'
import type { Fence, TaskTransition } from '../core/task/lifecycle.ts'
import { type Ending, outcomeEventOf, resultOf, storedResult, type TaskFacts } from '../core/task/settlement.ts'
import type { SettledItem, TaskItem } from '../core/task/task.ts'
import { logSettled } from './log-settled.ts'
import { retryUnanswered } from './retry.ts'

export interface SettlePorts {
  tasks: TaskStore
  clock: Clock
  log: Log
}

interface SettleRequest {
  /** What the result tells of the task, and what the outcome item counts of it. */
  task: TaskFacts & Pick<SettledItem, 'method' | 'deadlineAt' | 'reply' | 'unsolvable' | 'lostIdResubmits'>
  ending: Ending
  /** The open item that is settled and the attempt that settles it, or the facts of a task that has no item yet. */
  item: { fence: Fence; by: string } | UnclaimedTask
  invocation: Accountant
  /** When the invocation is killed, where the write may use all of its time. */
  endsAt?: number
}
type UnclaimedTask = Omit<SettledItem, 'state' | 'result' | 'settledAt' | 'settledBy' | 'accounting'>

/** `refused`: another worker changed the item first; `found` is what it is now. */
export type SettleAnswer = { kind: 'settled'; handled: Handled } | { kind: 'refused'; found: TaskItem | undefined }

/** Ends a task: one conditional write, one log line, its result, and what the outcome item counts of it. */
export async function settle({ tasks, clock, log }: SettlePorts, request: SettleRequest): Promise<SettleAnswer> {
  const { task, ending, endsAt } = request
  const settledAt = clock.now()
  const result = resultOf(task, ending, settledAt)
  const transition = transitionOf(request, {
    result: storedResult(result, task.reply),
    settledAt,
    accounting: accountedBy(request.invocation, settledAt),
  })
  const answer = await retryUnanswered(clock, () => tasks.apply(transition), endsAt)
  if (answer.kind === 'refused') return answer
  logSettled(log, result)
  const event = outcomeEventOf({ ...task, result, settledAt }, ending.kind === 'solved' ? ending.doneAt : settledAt)
  return { kind: 'settled', handled: ack([event], ...resultMessages(result, task.reply)) }
}

function transitionOf(
  { task: { taskId }, item }: SettleRequest,
  settlement: Pick<SettledItem, 'result' | 'settledAt' | 'accounting'>,
): TaskTransition {
  if ('fence' in item) return { kind: 'settle', taskId, ...item, ...settlement }
  const state = settlement.result.status
  return { kind: 'settleUnclaimed', item: { ...item, ...settlement, state, settledBy: null } }
}
