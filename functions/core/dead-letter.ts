import { attributesOf, type Travel } from './incoming.ts'
import type { Outgoing } from './ports.ts'

/** Longest text of the `reason` attribute. */
const REASON_CHARACTERS = 1000

/**
 * A copy for the dead-letter queue: body unchanged, with why it is there and what a redrive needs. The reason begins
 * with a code and a colon; it names fields and never values.
 */
export function deadLetter(
  letter: { body: string; code: string; problems: string[]; source: 'tasks' | 'polls'; receiveCount: number },
  travel: Travel,
): Outgoing {
  const reason = `${letter.code}: ${letter.problems.join('; ')}`
  return {
    body: letter.body,
    attributes: {
      ...attributesOf(travel),
      reason: reason.length > REASON_CHARACTERS ? `${reason.slice(0, REASON_CHARACTERS - 1)}…` : reason,
      detail: `${letter.problems.length} problem(s), received ${letter.receiveCount} time(s), parked ${travel.parks} time(s)`,
      firstSeen: new Date(travel.enqueuedAt).toISOString(),
      source: letter.source,
    },
  }
}
