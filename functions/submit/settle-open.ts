import { type Handled, retryLater } from '../core/message/disposition.ts'
import type { Fence } from '../core/task/lifecycle.ts'
import type { Ending } from '../core/task/settlement.ts'
import { factsOf, type OpenItem } from '../core/task/task.ts'
import { type SettlePorts, settle } from '../worker/settle.ts'

/** What to settle: the item as it now stands, and the fence under which that is still so. */
interface SettleOpenRequest {
  item: OpenItem
  fence: Fence
  ending: Ending
  /** The provider that refused it, where one did. */
  provider?: string
  /** The invocation whose outcome item counts the settlement. */
  invocation: string
}

/**
 * Settles a task that is not in flight. If another worker was first, the message is retried and finds what that one
 * wrote.
 */
export async function settleOpen(ports: SettlePorts, request: SettleOpenRequest): Promise<Handled> {
  const { item, fence, ending, provider } = request
  const task = factsOf(item)
  const answer = await settle(ports, {
    task: provider === undefined ? task : { ...task, provider },
    ending,
    item: { fence, by: item.attempt },
    invocation: { id: request.invocation, via: 'message' },
  })
  return answer.kind === 'settled' ? answer.handled : retryLater()
}
