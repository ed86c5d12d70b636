import type { OutcomeEvent } from '../outcome/event.ts'
import type { Observation } from '../provider/observation.ts'
import type { OutgoingTo } from './message.ts'

/** What becomes of one received message. */
export type Disposition =
  /**
   * It is deleted, once everything in `send` has arrived. Where that fails it comes back: by its visibility timeout, or
   * after `retryAfterSeconds`.
   */
  | { kind: 'ack'; send: readonly OutgoingTo[]; retryAfterSeconds?: number }
  /** It comes back: by its visibility timeout, or after `afterSeconds`. */
  | { kind: 'retry'; afterSeconds?: number }
  /** It stays in the queue and is visible again at `until` (milliseconds since 1970) or up to a second later. */
  | { kind: 'hide'; until: number }

/** One message after a worker handled it: what becomes of the message, and what the outcome item counts of it. */
export interface Handled {
  disposition: Disposition
  events: OutcomeEvent[]
  /** Providers with which one task each is no longer in flight: their places are given back (admission item). */
  freed?: readonly string[]
  /** What the provider's answers say about the provider. */
  observations?: readonly Observation[]
}

export const ack = (events: OutcomeEvent[] = [], ...send: OutgoingTo[]): Handled => ({
  disposition: { kind: 'ack', send },
  events,
})

export const retryLater = (events: OutcomeEvent[] = [], afterSeconds?: number): Handled => ({
  disposition: afterSeconds === undefined ? { kind: 'retry' } : { kind: 'retry', afterSeconds },
  events,
})
