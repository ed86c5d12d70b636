import { insist } from './insist.ts'
import type { Happening } from './outcome.ts'
import type { Clock, OutcomeStore, TaskStore } from './ports.ts'
import { happeningOf } from './settlement.ts'
import type { SettledItem } from './task.ts'

const DAY_MS = 86_400_000

/**
 * Nobody calls back twice: where a callback settled a task and died before it told, and the heartbeat had never been
 * sent, only the task message can still see to it. So the item keeps what kind of invocation settled it.
 */
const BY_PINGBACK = 'pingback:'
export const pingbackInvocation = (id: string): string => `${BY_PINGBACK}${id}`

/** Who takes over the counting says since when, so that the next one gives it time to write its outcome item too. */
const takenOver = ({ settledIn }: SettledItem, invocation: string, at: number): string =>
  `${invocation}@${at}${settledIn.startsWith(BY_PINGBACK) || settledIn.endsWith(ORPHAN) ? ORPHAN : ''}`
/** Settled by a callback whose invocation died: perhaps nobody was told of it. */
const ORPHAN = '@pingback'
/** The callback's invocation could not tell anybody: neither counted nor told, whoever meets it next does both. */
const NOBODY = 'nobody'
export const UNTOLD = `${NOBODY}@0${ORPHAN}`
export function counterOf({ settledIn, settledAt }: SettledItem): { invocation: string; since: number } {
  const [invocation = settledIn, since] = settledIn.split('@')
  return { invocation, since: since === undefined ? settledAt : Number(since) }
}

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

  async function isCounted(item: SettledItem): Promise<boolean> {
    const { invocation, since } = counterOf(item)
    if (invocation === NOBODY) return false
    const age = clock.now() - since
    // Too early to say, or so late that the outcome item may have been deleted by its TTL.
    if (age < patience || age > DAY_MS) return true
    return outcomes.has(invocation, since - patience, clock.now())
  }

  /** What this invocation now counts in place of the one that settled: the settlement, or nothing. */
  async function count(item: SettledItem, invocation: string): Promise<Happening[]> {
    if (counterOf(item).invocation === invocation || (await isCounted(item))) return []
    const to = takenOver(item, invocation, clock.now())
    const event = { kind: 'recount', taskId: item.taskId, from: item.settledIn, to } as const
    const answer = await insist(clock, () => tasks.apply(event))
    return answer.kind === 'applied' ? [happeningOf(item)] : []
  }

  /** Settled by a callback so lately that nobody can say yet whether it lived to tell. */
  const isTooEarly = (item: SettledItem): boolean =>
    item.settledIn.startsWith(BY_PINGBACK) && clock.now() - item.settledAt < patience

  /** Its result may never have been sent, and no heartbeat may be there to send it; `counted`: what `count` answered. */
  const isOrphan = ({ settledIn }: SettledItem, counted: Happening[]): boolean =>
    settledIn.endsWith(ORPHAN) || (counted.length > 0 && settledIn.startsWith(BY_PINGBACK))

  /** Counted by the callback that settled it, which it does only after it told. */
  const isTold = ({ settledIn }: SettledItem, counted: Happening[]): boolean =>
    counted.length === 0 && settledIn.startsWith(BY_PINGBACK) && !settledIn.endsWith(ORPHAN)

  return { count, isTooEarly, isOrphan, isTold }
}
export type MeetSettled = ReturnType<typeof makeMeetSettled>
