import type { Settings } from '../../../contract/settings.ts'
import { intervalOf, methodOf } from '../../provider/methods.ts'
import type { Control, Waits } from '../item/admission.ts'

/** While callbacks tell of most solutions, a poll is only for what never calls back. */
const FALLBACK = { first: 60, interval: 30 }

export type PollSettings = Pick<Settings, 'firstPollSeconds' | 'pollSeconds'>

/**
 * Seconds from the submit to the first poll, and between polls: what a person has set, else what the sweep computed
 * from the observed solve times of the method, else the method's own.
 */
export function pollWaits(
  { method, params }: { method: string; params: Record<string, unknown> },
  { waits, callbacks }: Pick<Control, 'waits' | 'callbacks'>,
  settings: PollSettings,
): Omit<Waits, 'fast'> {
  const own = methodOf(method, params).firstPollSeconds
  // A variant with a wait of its own is not what the method's solve times tell of.
  const observed = own === methodOf(method).firstPollSeconds ? waits[method] : undefined
  const least = callbacks ? FALLBACK : { first: 0, interval: 0 }
  return {
    first: settings.firstPollSeconds ?? Math.max(least.first, observed?.first ?? own),
    interval: settings.pollSeconds ?? Math.max(least.interval, observed?.interval ?? intervalOf(method, null)),
  }
}
