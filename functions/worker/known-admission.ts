import type { AdmissionChange, AdmissionReading } from '../core/admission/item/admission.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { AdmissionStore, Clock } from '../core/ports.ts'
import type { Observation } from '../core/provider/observation.ts'

const MOST_UNREPORTED = 20
const MOST_CHANGES = 20
/** No provider asks for a longer wait. */
const UNREPORTED_MS = 900_000

type Changed = Extract<OutcomeEvent, { kind: 'changed' }>

/**
 * What one execution environment knows of the fleet: the admission item as it last saw it, and what providers answered
 * to it since.
 */
export interface KnownAdmission {
  /** Answers of providers that the item may lack, because the report of them was not answered. */
  readonly unreported: readonly Observation[]
  keepUnreported(observations: readonly Observation[]): void
  /** What this environment changed outside the work of a batch, for the next outcome item. */
  keepChanges(events: readonly Changed[]): void
  takeChanges(): Changed[]
  /** As it was at most so many milliseconds ago, as far as that is known. */
  last(withinMs: number): AdmissionReading | null
  read(): Promise<AdmissionReading>
  write(change: AdmissionChange): Promise<{ applied: boolean; reading: AdmissionReading }>
}

export function makeKnownAdmission(ports: { admission: AdmissionStore; clock: Clock }): KnownAdmission {
  const { admission, clock } = ports
  let unreported: readonly Observation[] = []
  let changes: Changed[] = []
  let seen: { reading: AdmissionReading; at: number } | null = null
  const note = (reading: AdmissionReading) => {
    seen = { reading, at: clock.now() }
  }
  return {
    get unreported() {
      return unreported.filter(({ at }) => clock.now() - at <= UNREPORTED_MS)
    },
    keepUnreported(observations) {
      unreported = observations.slice(-MOST_UNREPORTED)
    },
    keepChanges(events) {
      changes = [...changes, ...events].slice(-MOST_CHANGES)
    },
    takeChanges: () => changes.splice(0),
    last: (withinMs) => (seen !== null && clock.now() - seen.at <= withinMs ? seen.reading : null),
    async read() {
      const reading = await admission.read()
      note(reading)
      return reading
    },
    async write(change) {
      const answer = await admission.write(change)
      note(answer.reading)
      return answer
    },
  }
}
