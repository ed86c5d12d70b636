import type { Clock, OutcomeStore, TaskStore } from '../core/ports.ts'
import { type Accountant, reportedByCallback, takenOver } from '../core/task/accounting.ts'
import type { SettledItem } from '../core/task/task.ts'
import { retryUnanswered } from './retry.ts'

const DAY_MS = 86_400_000

/**
 * A settled task was found again. If the invocation that settled it crashed before it wrote its outcome item, this
 * invocation counts the settlement in its place. The write is conditional on the owner, so only one invocation does.
 */
export function makeAccountingOwner(ports: {
  tasks: TaskStore
  outcomes: OutcomeStore
  clock: Clock
  /** Time limit of an invocation: after twice as long it has either written its outcome item or crashed. */
  invocationSeconds: number
}) {
  const { tasks, outcomes, clock } = ports
  const reportTimeoutMs = 2 * ports.invocationSeconds * 1000

  async function isCounted({ accounting: { invocation, since } }: SettledItem): Promise<boolean> {
    if (invocation === null) return false
    const age = clock.now() - since
    // Too early to say, or so late that the outcome item may have been deleted by its TTL.
    if (age < reportTimeoutMs || age > DAY_MS) return true
    return outcomes.has(invocation, since - reportTimeoutMs, clock.now())
  }

  return {
    /** `taken`: the outcome item of this invocation must count the settlement. */
    async takeOver(item: SettledItem, by: Accountant): Promise<{ taken: boolean }> {
      const { taskId, accounting } = item
      if (accounting.invocation === by.id || (await isCounted(item))) return { taken: false }
      const to = takenOver(accounting, by, clock.now())
      const transition = { kind: 'transferAccounting', taskId, from: accounting.invocation, to } as const
      const answer = await retryUnanswered(clock, () => tasks.apply(transition))
      return { taken: answer.kind === 'applied' }
    },
    /** A callback settled it, sent its result and wrote its outcome item: nothing is left to do. */
    async hasReportedCallback(item: SettledItem): Promise<boolean> {
      const isDue = clock.now() - item.accounting.since >= reportTimeoutMs
      return isDue && reportedByCallback(item.accounting, false) && isCounted(item)
    },
    /** A callback settled it so lately that nobody can say yet whether it crashed before it sent the result. */
    mayStillReport: ({ accounting: { invocation, via }, settledAt }: SettledItem): boolean =>
      invocation !== null && via === 'callback' && clock.now() - settledAt < reportTimeoutMs,
  }
}
export type AccountingOwner = ReturnType<typeof makeAccountingOwner>
