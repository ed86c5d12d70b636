import { insist } from './insist.ts'
import { comeBack, done, type Journey } from './journey.ts'
import type { Fence } from './lifecycle.ts'
import { logSettled } from './log-settled.ts'
import type { Clock, Log, TaskStore } from './ports.ts'
import { type Ending, happeningOf, resultOf, resultSends, storedResult } from './settlement.ts'
import type { OpenItem } from './task.ts'

/** What to settle: the item as it now stands, and the fence under which that is still so. */
export interface Settling {
  item: OpenItem
  over: Fence
  ending: Ending
  /** Who refused it, where somebody did. */
  provider?: string
  /** The invocation whose outcome counts it. */
  invocation: string
}

/** Settles a task that is not in flight: one fenced write, then its result. A lost race comes back to look again. */
export function makeSettleOpen(ports: { tasks: TaskStore; clock: Clock; log: Log }) {
  const { tasks, clock, log } = ports
  return async function settleOpen({ item, over, ending, provider, invocation }: Settling): Promise<Journey> {
    const settledAt = clock.now()
    const { taskId, enqueuedAt, charges, reply } = item
    const result = resultOf(
      { taskId, enqueuedAt, charges, ...(provider === undefined ? {} : { provider }) },
      ending,
      settledAt,
    )
    const stored = storedResult(result, reply)
    const by = item.attempt
    const settled = { taskId, fence: over, by, result: stored, settledAt, settledIn: invocation }
    const answer = await insist(clock, () => tasks.apply({ kind: 'settle', ...settled }))
    if (answer.kind === 'refused') return comeBack()
    logSettled(log, result)
    return done([happeningOf({ ...item, result, settledAt })], ...resultSends(result, reply))
  }
}
export type SettleOpen = ReturnType<typeof makeSettleOpen>
