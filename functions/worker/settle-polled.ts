import { ack, type Handled } from '../core/message/disposition.ts'
import type { PollMessage } from '../core/message/poll-message.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Invocation } from '../core/ports.ts'
import type { ResultAnswer } from '../core/provider/answers.ts'
import type { Accountant } from '../core/task/accounting.ts'
import type { Ending } from '../core/task/settlement.ts'
import { isSettled, type OpenItem } from '../core/task/task.ts'
import { resolveSettled, type SettledFinder } from './resolve-settled.ts'
import { type SettleAnswer, type SettlePorts, settle } from './settle.ts'

export type SettlePolledPorts = SettlePorts & { accountingOwner: SettledFinder }
/** This invocation, and what it was invoked by. */
export type Settler = Invocation & Accountant
interface Polled {
  poll: PollMessage
  answer: ResultAnswer
  ending: Ending
}

/**
 * Settles a task that was polled, and finds out what is left to do where another worker was first. Null: the item
 * changed meanwhile, so the task is polled again.
 */
export async function settlePolled(
  ports: SettlePolledPorts,
  { poll, answer, ending }: Polled,
  by: Settler,
): Promise<Handled | null> {
  const at = ports.clock.now()
  const settled = await settleAttempt(ports, { poll, ending }, by)
  const isLate = answer.kind === 'solved' && ending.kind === 'expired'
  const late: OutcomeEvent[] = isLate ? [{ kind: 'late', at }] : []
  if (settled.kind === 'settled') return { ...settled.handled, events: [...settled.handled.events, ...late] }
  const { found } = settled
  if (found === undefined) return ack(late)
  if (isSettled(found)) return resolveSettled(ports, { poll, item: found, answer }, by)
  return settleFromUncertainAttempt(ports, { poll, ending, found }, by)
}

/**
 * Settles the task while this attempt holds it. Of the writes of all workers one alone settles it, and where that write
 * found the attempt in flight, it gives the attempt's place back.
 */
async function settleAttempt(
  ports: SettlePorts,
  { poll: { item: task }, ending }: Omit<Polled, 'answer'>,
  by: Settler,
): Promise<SettleAnswer> {
  const { attempt, provider } = task
  const from = (state: OpenItem['state']) =>
    settle(ports, { task, ending, item: { fence: { attempt, state }, by: attempt }, invocation: by, endsAt: by.endsAt })
  const settled = await from('submitted')
  if (settled.kind === 'settled') return freeing(settled, [provider])
  const { found } = settled
  if (found === undefined || isSettled(found) || found.attempt !== attempt) return settled
  // Accepted, and the table does not know it. After a callback the submit itself gives the place back (see pay.ts).
  const isInFlight = found.state === 'claimed' && found.leaseUntil > 0 && by.via === 'message'
  return freeing(await from(found.state), isInFlight ? [provider] : [])
}

const freeing = (answer: SettleAnswer, freed: readonly string[]): SettleAnswer =>
  answer.kind === 'settled' ? { kind: 'settled', handled: { ...answer.handled, freed } } : answer

/**
 * The answer to the submit of this attempt was lost, and the task went on without it. A solution of this attempt
 * settles the task all the same; the attempt that is under way then counts as a charge whose answer is lost. Any other
 * ending is left to the attempt that holds the task now. A poll message of this attempt means that it was accepted and
 * its place never given back; after a callback that is not known.
 */
async function settleFromUncertainAttempt(
  ports: SettlePorts,
  { poll, ending, found }: Omit<Polled, 'answer'> & { found: OpenItem },
  by: Settler,
): Promise<Handled | null> {
  if (ending.kind !== 'solved' || !found.lost.some(({ attempt }) => attempt === poll.item.attempt)) return ack()
  const { attempt, state, unsolvable, lostIdResubmits } = found
  const underWay = found.state === 'claimed' && found.leaseUntil > 0 ? 1 : 0
  const task = { ...poll.item, charges: found.charges + underWay, unsolvable, lostIdResubmits }
  const item = { fence: { attempt, state }, by: poll.item.attempt }
  const settled = await settle(ports, { task, ending, item, invocation: by, endsAt: by.endsAt })
  const ours = by.via === 'message' ? [poll.item.provider] : []
  const freed = found.state === 'submitted' ? [...ours, found.provider] : ours
  return settled.kind === 'settled' ? { ...settled.handled, freed } : null
}
