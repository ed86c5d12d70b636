import type { Happening } from './outcome.ts'
import type { Outgoing, QueueName } from './ports.ts'

/**
 * What became of one message of a batch: what must still be sent for it, and whether it is then done with. A message is
 * deleted only when everything sent for it has arrived.
 */
export interface Journey {
  sends: { queue: QueueName; message: Outgoing }[]
  /** `retry`: it must come back. */
  end: 'done' | 'retry'
  /** When it should come back, where the queue's own time will not do. */
  againSeconds?: number
  happenings: Happening[]
}

export const done = (happenings: Happening[] = [], ...sends: Journey['sends']): Journey => ({
  sends,
  end: 'done',
  happenings,
})
export const comeBack = (happenings: Happening[] = []): Journey => ({ sends: [], end: 'retry', happenings })
