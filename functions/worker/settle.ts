import { ack, type Handled, retryLater } from '../core/message/disposition.ts'
import { resultMessages } from '../core/message/result-message.ts'
import type { Clock, Log, TaskStore } from '../core/ports.ts'
import { accountedBy } from '../core/task/accounting.ts'
import type { Fence } from '../core/task/lifecycle.ts'
import { type Ending, outcomeEventOf, resultOf, storedResult } from '../core/task/settlement.ts'
import type { OpenItem } from '../core/task/task.ts'
import { logSettled } from './log-settled.ts'
import { retryUnanswered } from './retry.ts'

/** What to settle: the item as it now stands, and the fence under which that is still so. */
interface SettleRequest {
  item: OpenItem
  fence: Fence
  ending: Ending
  /** Who refused it, where somebody did. */
  provider?: string
  /** The invocation whose outcome counts it. */
  invocation: string
}

/** Settles a task that is not in flight: one fenced write, then its result. A lost race comes back to look again. */
export function makeSettle(ports: { tasks: TaskStore; clock: Clock; log: Log }) {
  const { tasks, clock, log } = ports
  return async function settleOpen({ item, fence, ending, provider, invocation }: SettleRequest): Promise<Handled> {
    const settledAt = clock.now()
    const { taskId, enqueuedAt, charges, reply } = item
    const result = resultOf(
      { taskId, enqueuedAt, charges, ...(provider === undefined ? {} : { provider }) },
      ending,
      settledAt,
    )
    const stored = storedResult(result, reply)
    const by = item.attempt
    const settled = {
      taskId,
      fence: fence,
      by,
      result: stored,
      settledAt,
      accounting: accountedBy({ id: invocation, via: 'message' }, settledAt),
    }
    const answer = await retryUnanswered(clock, () => tasks.apply({ kind: 'settle', ...settled }))
    if (answer.kind === 'refused') return retryLater()
    logSettled(log, result)
    return ack([outcomeEventOf({ ...item, result, settledAt })], ...resultMessages(result, reply))
  }
}
export type Settle = ReturnType<typeof makeSettle>
