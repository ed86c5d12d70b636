import type { OutcomeEvent } from '../../outcome/event.ts'
import type { Counters } from './admission.ts'
import { FAILED, SOLVED } from './counters.ts'

/** Tasks that were in flight and have ended: how many were solved, and how many failed in a way that counts. */
export interface Ended {
  solved: number
  failed: number
}

/**
 * A task that expires after a longer flight was submitted before the time that a view compares, so it says nothing
 * about that time. The sweep knows when a recovery began and leaves the same tasks out.
 */
const RECENT_MS = 120_000

export const endedOf = (events: readonly OutcomeEvent[]): Ended => ({
  solved: events.filter(({ kind }) => kind === 'solved').length,
  failed: events.filter(isRecentFailure).length,
})

function isRecentFailure(event: OutcomeEvent): boolean {
  if (event.kind === 'failed') return event.counted
  if (event.kind !== 'expired' || event.submittedAt === null) return false
  return event.counted && event.at - event.submittedAt <= RECENT_MS
}

/** What ended tasks add to the counters. */
export const countsEnded = ({ solved, failed }: Ended): Counters => ({
  ...(solved > 0 ? { [SOLVED]: solved } : {}),
  ...(failed > 0 ? { [FAILED]: failed } : {}),
})

/** What the counters have counted since the item was created. */
export const endedIn = (counts: Counters): Ended => ({ solved: counts[SOLVED] ?? 0, failed: counts[FAILED] ?? 0 })

/**
 * What was counted between two readings of the item. Nothing, where the earlier one is not known or counted more: the
 * item was created anew in between, and nobody knows what it would have counted.
 */
export function endedBetween(before: Ended | null, now: Ended): Ended {
  if (before === null || now.solved < before.solved || now.failed < before.failed) return { solved: 0, failed: 0 }
  return { solved: now.solved - before.solved, failed: now.failed - before.failed }
}
