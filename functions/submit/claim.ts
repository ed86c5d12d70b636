import { leaseSeconds } from '../contract/limits.ts'
import { errorName } from '../core/error-name.ts'
import { type ClaimConflict, classifyConflict } from '../core/task/claim-conflict.ts'
import type { Fence } from '../core/task/lifecycle.ts'
import type { ClaimedItem, OpenItem, TaskItem } from '../core/task/task.ts'
import { newItemFacts } from './new-item.ts'
import type { SubmitContext } from './ports.ts'
import { identityOf, type TaskMessage } from './task-message.ts'

/** The claimed task, or why it could not be claimed. */
type ClaimResult =
  | { kind: 'claimed'; item: ClaimedItem }
  | Exclude<ClaimConflict, { kind: 'free' }>
  | RebuysExhausted
  | ClaimUnconfirmed
/** The table did not answer whether this attempt holds the task. Nothing was paid. */
interface ClaimUnconfirmed {
  kind: 'unconfirmed'
  attempt: string
}
/** The task is free, but the policy allows no further purchase. */
interface RebuysExhausted {
  kind: 'rebuysExhausted'
  item: OpenItem
  fence: Fence
}

/** Other workers claim the same task. After so many lost races the message waits instead. */
const TRIES = 4

type ClaimContext = Pick<SubmitContext, 'tasks' | 'clock' | 'ids' | 'log' | 'settings'>

/**
 * Claims the task of a message for a new attempt at this provider: one conditional write where the table has no item of
 * the task. Where it has one that is free, the item is taken over by a write that is fenced by what was found.
 */
export async function claim(context: ClaimContext, taskMessage: TaskMessage, provider: string): Promise<ClaimResult> {
  const item = newClaim(context, taskMessage, provider)
  try {
    return await tryClaim(context, taskMessage, item)
  } catch (error) {
    const { taskId, attempt } = item
    context.log('error', 'claim not confirmed', { taskId, attempt, error: errorName(error) })
    return { kind: 'unconfirmed', attempt }
  }
}

async function tryClaim(
  { tasks, clock, settings }: ClaimContext,
  taskMessage: TaskMessage,
  claimed: ClaimedItem,
): Promise<ClaimResult> {
  let answer = await tasks.apply({ kind: 'claim', item: claimed, fence: null })
  let found: TaskItem | undefined
  for (let i = 0; i < TRIES && answer.kind === 'refused'; i += 1) {
    found = answer.found
    if (found === undefined) {
      answer = await tasks.apply({ kind: 'claim', item: claimed, fence: null })
      continue
    }
    const conflict = classifyConflict(found, identityOf(taskMessage), clock.now())
    if (conflict.kind !== 'free') return conflict
    if (conflict.item.uncertainCharges > settings.rebuyUnknown)
      return { kind: 'rebuysExhausted', item: conflict.item, fence: conflict.fence }
    const item = carryOverCounts(conflict.item, claimed)
    answer = await tasks.apply({ kind: 'claim', item, fence: conflict.fence })
    if (answer.kind === 'applied') return { kind: 'claimed', item }
  }
  if (answer.kind === 'applied') return { kind: 'claimed', item: claimed }
  return { kind: 'busy', until: clock.now() + 1000, sameOrigin: true }
}

function newClaim(context: ClaimContext, taskMessage: TaskMessage, provider: string): ClaimedItem {
  const { clock, ids, settings } = context
  const token = settings.pingbackUrl === undefined ? {} : { token: ids.secret() }
  const leaseMs = leaseSeconds(settings.providerTimeoutSeconds, settings.timeoutSeconds) * 1000
  const facts = newItemFacts(context, taskMessage)
  return { state: 'claimed', ...facts, provider, ...token, leaseUntil: clock.now() + leaseMs }
}

/** The new claim with the counts and the secret of the item that it takes over. */
function carryOverCounts(item: OpenItem, claimed: ClaimedItem): ClaimedItem {
  const { charges, uncertainCharges, unsolvable, lostIdResubmits, httpErrors, lost, token = claimed.token } = item
  const counts = { charges, uncertainCharges, unsolvable, lostIdResubmits, httpErrors, lost }
  return { ...claimed, ...counts, ...(token === undefined ? {} : { token }) }
}
