import { errorName } from '../core/error-name.ts'
import type { Clock, Log, TaskStore } from '../core/ports.ts'
import { type ClaimConflict, classifyConflict } from '../core/task/claim-conflict.ts'
import type { Fence } from '../core/task/lifecycle.ts'
import type { ClaimedItem, OpenItem, TaskItem } from '../core/task/task.ts'
import { identityOf, type TaskMessage } from './task-message.ts'

/** What stands in the way of a task, or the task itself. */
type ClaimResult =
  | { kind: 'claimed'; item: ClaimedItem }
  | Exclude<ClaimConflict, { kind: 'free' }>
  | RebuysExhausted
  | ClaimUnconfirmed
/** The table did not say whether this attempt holds the task. It was not paid. */
interface ClaimUnconfirmed {
  kind: 'unconfirmed'
  attempt: string
}
/** Free, but every re-buy that the policy allows is used up. */
interface RebuysExhausted {
  kind: 'rebuysExhausted'
  item: OpenItem
  fence: Fence
}

/** Reading and claiming race with other workers; so often it is tried again before the message simply waits. */
const TRIES = 4

/**
 * Claims the task of an taskMessage for a new attempt at this provider: one write where nothing is in its place; a look at what is there,
 * and a fenced write over it, where the first one was refused.
 */
export function makeClaim(ports: {
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

  function newClaim(taskMessage: TaskMessage, provider: string): ClaimedItem {
    const { task, taskAttributes, hash, deadlineAt } = taskMessage
    const now = clock.now()
    const token = ports.token()
    return {
      state: 'claimed',
      taskId: task.taskId,
      method: task.method,
      hash,
      attempt: ports.attempt(),
      provider,
      origin: taskAttributes.origin,
      enqueuedAt: taskAttributes.enqueuedAt,
      deadlineAt,
      reply: task.reply,
      charges: 0,
      uncertainCharges: 0,
      unsolvable: 0,
      lostIdResubmits: 0,
      httpErrors: 0,
      lost: [],
      ...(token === undefined ? {} : { token }),
      ttl: Math.ceil(now / 1000) + ports.itemDays * 86_400,
      leaseUntil: now + ports.leaseSeconds * 1000,
    }
  }

  /** The counts and the secret of the item that is taken over. */
  function over(item: OpenItem, claim: ClaimedItem): ClaimedItem {
    const { charges, uncertainCharges, unsolvable, lostIdResubmits, httpErrors, lost, token = claim.token } = item
    const counts = { charges, uncertainCharges, unsolvable, lostIdResubmits, httpErrors, lost }
    return { ...claim, ...counts, ...(token === undefined ? {} : { token }) }
  }

  async function attempt(taskMessage: TaskMessage, claim: ClaimedItem): Promise<ClaimResult> {
    let answer = await tasks.apply({ kind: 'claim', item: claim, fence: null })
    let found: TaskItem | undefined
    for (let i = 0; i < TRIES && answer.kind === 'refused'; i += 1) {
      found = answer.found
      if (found === undefined) {
        answer = await tasks.apply({ kind: 'claim', item: claim, fence: null })
        continue
      }
      const conflict = classifyConflict(found, identityOf(taskMessage), clock.now())
      if (conflict.kind !== 'free') return conflict
      if (conflict.item.uncertainCharges > ports.rebuyUnknown)
        return { kind: 'rebuysExhausted', item: conflict.item, fence: conflict.fence }
      const item = over(conflict.item, claim)
      answer = await tasks.apply({ kind: 'claim', item, fence: conflict.fence })
      if (answer.kind === 'applied') return { kind: 'claimed', item }
    }
    if (answer.kind === 'applied') return { kind: 'claimed', item: claim }
    return { kind: 'busy', until: clock.now() + 1000, sameOrigin: true }
  }

  return async function take(taskMessage: TaskMessage, provider: string): Promise<ClaimResult> {
    const claim = newClaim(taskMessage, provider)
    try {
      return await attempt(taskMessage, claim)
    } catch (error) {
      ports.log('error', 'claim not told', { taskId: claim.taskId, attempt: claim.attempt, error: errorName(error) })
      return { kind: 'unconfirmed', attempt: claim.attempt }
    }
  }
}
export type Claim = ReturnType<typeof makeClaim>
