import type { OutgoingMessage } from './message.ts'
import { type TaskAttributes, writeTaskAttributes } from './task-attributes.ts'

/**
 * A dead letter as it goes back to the queue that it came from: under its first id, age and origin, so that a redrive
 * hours later, or twice, is the same task to the fleet and is not paid for again. It has not been parked since.
 */
export const redriveCopy = (body: string, taskAttributes: TaskAttributes): OutgoingMessage => ({
  body,
  attributes: writeTaskAttributes({ ...taskAttributes, parks: 0 }),
})
