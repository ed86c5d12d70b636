import { attributesOf, type Travel } from './incoming.ts'
import type { Outgoing } from './ports.ts'

/**
 * A dead letter as it goes back to the queue that it came from: under its first id, age and origin, so that a redrive
 * hours later, or twice, is the same task to the fleet and is not paid for again. It has not been parked since.
 */
export const redriven = (body: string, travel: Travel): Outgoing => ({
  body,
  attributes: attributesOf({ ...travel, parks: 0 }),
})
