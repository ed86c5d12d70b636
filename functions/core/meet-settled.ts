import type { Happening } from './outcome.ts'
import type { Clock, OutcomeStore, TaskStore } from './ports.ts'
import { happeningOf } from './settlement.ts'
import type { SettledItem } from './task.ts'

const DAY_MS = 86_400_000

/**
 * A settled task was met again. If the invocation that settled it died before it wrote its outcome item, this one
 * counts the settlement in its place; the conditional write lets only one do so.
 */
export function makeMeetSettled(ports: {
  tasks: TaskStore
  outcomes: OutcomeStore
  clock: Clock
  /** Time limit of an invocation: twice as long after it, one has either written its outcome item or died. */
  invocationSeconds: number
}) {
  const { tasks, outcomes, clock } = ports
  const patience = 2 * ports.invocationSeconds * 1000

  async function counted(item: SettledItem): Promise<boolean> {
    const age = clock.now() - item.settledAt
    // Too early to say, or so late that the outcome item may have been deleted by its TTL.
    if (age < patience || age > DAY_MS) return true
    return outcomes.has(item.settledIn, item.settledAt - patience, clock.now())
  }

  return async function meetSettled(item: SettledItem, invocation: string): Promise<Happening[]> {
    if (item.settledIn === invocation || (await counted(item))) return []
    const answer = await tasks.apply({ kind: 'recount', taskId: item.taskId, from: item.settledIn, to: invocation })
    return answer.kind === 'applied' ? [happeningOf(item)] : []
  }
}
export type MeetSettled = ReturnType<typeof makeMeetSettled>
