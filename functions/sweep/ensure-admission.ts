import type { Admission, Pause } from '../core/admission/item/admission.ts'
import { IN_FLIGHT, inFlightAt } from '../core/admission/item/counters.ts'
import { initialAdmission } from '../core/admission/item/initial.ts'
import type { AdmissionStore, Log } from '../core/ports.ts'

interface Fleet {
  /** Names of the providers in order of preference. */
  providers: readonly string[]
  /** Tasks in flight, by whoever knows most of them. */
  inFlight: number
  /** As the last sweep saw it. */
  pause: Pause | null
}

/**
 * The admission item. Where there is none, or one that cannot be read, it is created with the most tasks that queue,
 * outcomes or the last sweep know to be in flight: too many is safe, because it only delays submits, and is found as
 * drift. A person's pause stays. Rejects where that is not possible.
 */
export async function ensureAdmission(
  { admission, log }: { admission: AdmissionStore; log: Log },
  { providers, inFlight, pause }: Fleet,
): Promise<Admission> {
  const found = await admission.read()
  if (found.kind === 'admission') return found.admission
  const why = found.kind === 'unreadable' ? found.why : undefined
  log(found.kind === 'missing' ? 'info' : 'error', 'admission item is created', { found: found.kind, why, inFlight })
  const first = initialAdmission(providers)
  const counts = { [IN_FLIGHT]: inFlight, [inFlightAt(first.control.route.active)]: inFlight }
  const { reading } = await admission.create({ ...first, counts, control: { ...first.control, pause } })
  if (reading.kind === 'admission') return reading.admission
  throw new Error('the admission item can neither be read nor created')
}
