import { nameOf } from '../core/error-name.ts'
import type { Fence } from '../core/lifecycle.ts'
import type { Clock, Log, TaskStore } from '../core/ports.ts'
import { type Standing, standingOf } from '../core/standing.ts'
import type { ClaimedItem, OpenItem, TaskItem } from '../core/task.ts'
import { type Arrival, claimantOf } from './arrival.ts'

/** What stands in the way of a task, or the task itself. */
export type Taken = { kind: 'claimed'; item: ClaimedItem } | Exclude<Standing, { kind: 'free' }> | SpentUp | Untold
/** The table did not say whether this attempt holds the task. It was not paid. */
export interface Untold {
  kind: 'untold'
  attempt: string
}
/** Free, but every re-buy that the policy allows is used up. */
export interface SpentUp {
  kind: 'spentUp'
  item: OpenItem
  over: Fence
}

/** Reading and claiming race with other workers; so often it is tried again before the message simply waits. */
const TRIES = 4

/**
 * Claims the task of an arrival for a new attempt at this provider: one write where nothing is in its place; a look at what is there,
 * and a fenced write over it, where the first one was refused.
 */
export function makeTake(ports: {
  tasks: TaskStore
  clock: Clock
  log: Log
  attempt: () => string
  token: () => string | undefined
  leaseSeconds: number
  itemDays: number
  rebuyUnknown: number
}) {
  const { tasks, clock } = ports

  function fresh(arrival: Arrival, provider: string): ClaimedItem {
    const { task, travel, hash, deadlineAt } = arrival
    const now = clock.now()
    const token = ports.token()
    return {
      state: 'claimed',
      taskId: task.taskId,
      method: task.method,
      hash,
      attempt: ports.attempt(),
      provider,
      origin: travel.origin,
      enqueuedAt: travel.enqueuedAt,
      deadlineAt,
      reply: task.reply,
      charges: 0,
      unknowns: 0,
      unsolvable: 0,
      lostIds: 0,
      httpErrors: 0,
      lost: [],
      ...(token === undefined ? {} : { token }),
      ttl: Math.ceil(now / 1000) + ports.itemDays * 86_400,
      leaseUntil: now + ports.leaseSeconds * 1000,
    }
  }

  /** The counts and the secret of the item that is taken over. */
  function over(item: OpenItem, claim: ClaimedItem): ClaimedItem {
    const { charges, unknowns, unsolvable, lostIds, httpErrors, lost, token = claim.token } = item
    const counts = { charges, unknowns, unsolvable, lostIds, httpErrors, lost }
    return { ...claim, ...counts, ...(token === undefined ? {} : { token }) }
  }

  async function attempt(arrival: Arrival, claim: ClaimedItem): Promise<Taken> {
    let answer = await tasks.apply({ kind: 'claim', item: claim, over: null })
    let found: TaskItem | undefined
    for (let i = 0; i < TRIES && answer.kind === 'refused'; i += 1) {
      found = answer.found
      if (found === undefined) {
        answer = await tasks.apply({ kind: 'claim', item: claim, over: null })
        continue
      }
      const standing = standingOf(found, claimantOf(arrival), clock.now())
      if (standing.kind !== 'free') return standing
      if (standing.item.unknowns > ports.rebuyUnknown)
        return { kind: 'spentUp', item: standing.item, over: standing.over }
      const item = over(standing.item, claim)
      answer = await tasks.apply({ kind: 'claim', item, over: standing.over })
      if (answer.kind === 'applied') return { kind: 'claimed', item }
    }
    if (answer.kind === 'applied') return { kind: 'claimed', item: claim }
    return { kind: 'busy', until: clock.now() + 1000, mine: true }
  }

  return async function take(arrival: Arrival, provider: string): Promise<Taken> {
    const claim = fresh(arrival, provider)
    try {
      return await attempt(arrival, claim)
    } catch (error) {
      ports.log('error', 'claim not told', { taskId: claim.taskId, attempt: claim.attempt, error: nameOf(error) })
      return { kind: 'untold', attempt: claim.attempt }
    }
  }
}
export type Take = ReturnType<typeof makeTake>
