import { TURNS_UNTIL } from '../core/admission/item/counters.ts'
import { lineEnd, paceOf, type Seeker, takeTurns, turnsFrom } from '../core/admission/waits/turns.ts'
import { errorName } from '../core/error-name.ts'
import type { Clock, Log } from '../core/ports.ts'
import type { KnownAdmission } from '../worker/known-admission.ts'

/** Other batches may take turns at the same moment. */
const TRIES = 3
/** The item as the refused reservation brought it. */
const KNOWN_MS = 1000

export interface Turns {
  /** Seconds until each of these tasks comes back, the most urgent first; null: not known. Never throws. */
  take(seekers: readonly Seeker[]): Promise<readonly number[] | null>
}

/** Gives tasks that found no place their turns in the line of the whole fleet: one write a batch. */
export function makeTurns(
  { known, clock, log }: { known: KnownAdmission; clock: Clock; log: Log },
  { maxInFlight }: { maxInFlight: number },
): Turns {
  async function take(seekers: readonly Seeker[]): Promise<readonly number[] | null> {
    let reading = known.last(KNOWN_MS)
    for (let n = 0; n < TRIES && reading?.kind === 'admission'; n += 1) {
      const now = clock.now()
      const { admission } = reading
      const pace = paceOf(admission.control, maxInFlight, now)
      const end = lineEnd(admission, now)
      const { waits, taken } = turnsFrom(end, seekers, pace, now)
      if (taken === 0) return inSeconds(waits)
      const answer = await known.write(takeTurns(admission, taken, pace, now))
      reading = answer.reading
      if (!answer.applied || reading.kind !== 'admission') continue
      // Turns that others took in the meantime come before these.
      const after = reading.admission.counts[TURNS_UNTIL] ?? 0
      return inSeconds(turnsFrom(after - taken * pace.spacing, seekers, pace, now).waits)
    }
    return null
  }

  return {
    async take(seekers) {
      if (seekers.length === 0) return []
      try {
        return await take(seekers)
      } catch (error) {
        log('warn', 'no turns taken', { error: errorName(error) })
        return null
      }
    },
  }
}

const inSeconds = (waits: readonly number[]): number[] => waits.map((wait) => wait / 1000)
