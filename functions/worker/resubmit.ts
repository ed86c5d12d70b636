import { ack, type Handled, retryLater } from '../core/message/disposition.ts'
import type { PollMessage } from '../core/message/poll-message.ts'
import { writeTaskAttributes } from '../core/message/task-attributes.ts'
import type { ResultAnswer } from '../core/provider/answers.ts'
import { lastReason } from '../core/task/poll-decision.ts'
import { isSettled } from '../core/task/task.ts'
import { resolveSettled } from './resolve-settled.ts'
import type { SettlePolledPorts, Settler } from './settle-polled.ts'

/** Paid and not solved: the task goes back to the task queue, free for another attempt. */
export async function resubmit(
  ports: SettlePolledPorts,
  { poll, answer, why }: { poll: PollMessage; answer: ResultAnswer; why: 'unsolvable' | 'lostId' },
  by: Settler,
): Promise<Handled> {
  const { taskId, attempt, enqueuedAt, origin } = poll.item
  const applied = await ports.tasks.apply({ kind: 'resubmit', taskId, attempt, why })
  if (applied.kind === 'refused') {
    const { found } = applied
    if (found !== undefined && isSettled(found)) return resolveSettled(ports, { poll, item: found, answer }, by)
    // Still claimed by this very attempt: the submit is not recorded in the table yet.
    return found?.attempt === attempt && found.state === 'claimed' ? retryLater() : ack()
  }
  // Only a write that is known to be this one's own gives the place back: another copy of the message may have made it.
  const freed = applied.mayBeAnothers ? [] : [poll.item.provider]
  const facts = { taskId, enqueuedAt, parks: 0, origin, unpaid: [] }
  const attributes = writeTaskAttributes({ ...facts, while: lastReason(poll, answer) })
  return { ...ack([], { queue: 'tasks', message: { body: poll.body, delaySeconds: 0, attributes } }), freed }
}
