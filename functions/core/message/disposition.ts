import type { OutcomeEvent } from '../outcome/event.ts'
import type { OutgoingMessage, QueueName } from './message.ts'

/**
 * What became of one message of a batch: what must still be sent for it, and whether it is then done with. A message is
 * deleted only when everything sent for it has arrived.
 */
export interface Disposition {
  sends: { queue: QueueName; message: OutgoingMessage }[]
  /** `retry`: it must come back. */
  end: 'done' | 'retry'
  /** When it should come back, where the queue's own time will not do. */
  againSeconds?: number
  events: OutcomeEvent[]
}

export const ack = (events: OutcomeEvent[] = [], ...sends: Disposition['sends']): Disposition => ({
  sends,
  end: 'done',
  events,
})
export const retryLater = (events: OutcomeEvent[] = []): Disposition => ({ sends: [], end: 'retry', events })
