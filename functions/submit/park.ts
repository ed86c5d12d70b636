import { LIMITS } from '../contract/limits.ts'
import { ack, type Handled } from '../core/message/disposition.ts'
import { writeTaskAttributes } from '../core/message/task-attributes.ts'
import type { FailureClass } from '../core/provider/error-class.ts'
import { parkSeconds } from './park-delay.ts'
import type { SubmitContext } from './ports.ts'
import type { TaskMessage } from './task-message.ts'

interface Parking {
  /** Seconds. */
  atLeast?: number | undefined
  /** More of the attempts that were never paid; see TaskAttributes. */
  unpaid?: string[]
  /** Seconds until it is the task's turn; absent: it has none. */
  turn?: number | undefined
  /** Why it waits, for its client; absent: the reason that it came with still stands. */
  while?: string | undefined
}

/**
 * Puts a task back with a delay: a copy that carries its id, age and park count is sent, then the original is deleted.
 * No receive count is spent, and a crash between the two makes a duplicate, which is harmless.
 */
export function park(
  { clock, ids }: Pick<SubmitContext, 'clock' | 'ids'>,
  { message, task, taskAttributes, deadlineAt }: TaskMessage,
  why: FailureClass,
  { atLeast, unpaid = [], turn, ...more }: Parking = {},
): Handled {
  const at = clock.now()
  const delaySeconds = parkSeconds(why, taskAttributes.parks, ids.fraction(), {
    atLeast,
    untilDeadline: Math.max(0, (deadlineAt - at) / 1000),
    longest: LIMITS.longestDelaySeconds,
    turn,
    isCritical: task.priority === 'critical',
  })
  const changed = { unpaid: [...taskAttributes.unpaid, ...unpaid], while: more.while ?? taskAttributes.while }
  const attributes = writeTaskAttributes({ ...taskAttributes, parks: taskAttributes.parks + 1, ...changed })
  return ack([{ kind: 'parked', at, enqueuedAt: taskAttributes.enqueuedAt }], {
    queue: 'tasks',
    message: { body: message.body, delaySeconds, attributes },
  })
}
