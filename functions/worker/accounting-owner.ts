import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Clock, OutcomeStore, TaskStore } from '../core/ports.ts'
import { outcomeEventOf } from '../core/task/settlement.ts'
import type { SettledItem } from '../core/task/task.ts'
import { retryUnanswered } from './retry.ts'

const DAY_MS = 86_400_000

/**
 * Nobody calls back twice: where a callback settled a task and died before it told, and the poll message had never been
 * sent, only the task message can still see to it. So the item keeps what kind of invocation settled it.
 */
const BY_PINGBACK = 'pingback:'
export const pingbackInvocation = (id: string): string => `${BY_PINGBACK}${id}`

/** Who takes over the counting says since when, so that the next one gives it time to write its outcome item too. */
const takenOver = ({ accountedBy }: SettledItem, invocation: string, at: number): string =>
  `${invocation}@${at}${accountedBy.startsWith(BY_PINGBACK) || accountedBy.endsWith(ORPHAN) ? ORPHAN : ''}`
/** Settled by a callback whose invocation died: perhaps nobody was told of it. */
const ORPHAN = '@pingback'
/** The callback's invocation could not tell anybody: neither counted nor told, whoever meets it next does both. */
const NOBODY = 'nobody'
export const UNOWNED = `${NOBODY}@0${ORPHAN}`
export function ownerOf({ accountedBy, settledAt }: SettledItem): { invocation: string; since: number } {
  const [invocation = accountedBy, since] = accountedBy.split('@')
  return { invocation, since: since === undefined ? settledAt : Number(since) }
}

/**
 * A settled task was met again. If the invocation that settled it died before it wrote its outcome item, this one
 * counts the settlement in its place; the conditional write lets only one do so.
 */
export function makeAccountingOwner(ports: {
  tasks: TaskStore
  outcomes: OutcomeStore
  clock: Clock
  /** Time limit of an invocation: twice as long after it, one has either written its outcome item or died. */
  invocationSeconds: number
}) {
  const { tasks, outcomes, clock } = ports
  const reportTimeoutMs = 2 * ports.invocationSeconds * 1000

  async function isCounted(item: SettledItem): Promise<boolean> {
    const { invocation, since } = ownerOf(item)
    if (invocation === NOBODY) return false
    const age = clock.now() - since
    // Too early to say, or so late that the outcome item may have been deleted by its TTL.
    if (age < reportTimeoutMs || age > DAY_MS) return true
    return outcomes.has(invocation, since - reportTimeoutMs, clock.now())
  }

  /** What this invocation now counts in place of the one that settled: the settlement, or nothing. */
  async function takeOver(item: SettledItem, invocation: string): Promise<OutcomeEvent[]> {
    if (ownerOf(item).invocation === invocation || (await isCounted(item))) return []
    const to = takenOver(item, invocation, clock.now())
    const transition = { kind: 'transferAccounting', taskId: item.taskId, from: item.accountedBy, to } as const
    const answer = await retryUnanswered(clock, () => tasks.apply(transition))
    return answer.kind === 'applied' ? [outcomeEventOf(item)] : []
  }

  /** Settled by a callback so lately that nobody can say yet whether it lived to tell. */
  const mayStillReport = (item: SettledItem): boolean =>
    item.accountedBy.startsWith(BY_PINGBACK) && clock.now() - item.settledAt < reportTimeoutMs

  /** Its result may never have been sent, and no poll message may be there to send it; `counted`: what `count` answered. */
  const resultMayBeUnsent = ({ accountedBy }: SettledItem, counted: OutcomeEvent[]): boolean =>
    accountedBy.endsWith(ORPHAN) || (counted.length > 0 && accountedBy.startsWith(BY_PINGBACK))

  /** Counted by the callback that settled it, which it does only after it told. */
  const reportedByCallback = ({ accountedBy }: SettledItem, counted: OutcomeEvent[]): boolean =>
    counted.length === 0 && accountedBy.startsWith(BY_PINGBACK) && !accountedBy.endsWith(ORPHAN)

  return { count: takeOver, mayStillReport, resultMayBeUnsent, reportedByCallback }
}
export type AccountingOwner = ReturnType<typeof makeAccountingOwner>
