import type {
  Admission,
  AdmissionChange,
  AdmissionReading,
  Counters,
} from '../../functions/core/admission/item/admission.ts'
import type { AdmissionStore } from '../../functions/core/ports.ts'

export interface MemoryAdmissionStore extends AdmissionStore {
  stored(): AdmissionReading
  /** Writes that were tried, applied or not. */
  writes(): number
  reads(): number
}

/** `wrote` is told of each change of the item. */
export function memoryAdmissionStore(
  first: AdmissionReading = { kind: 'missing' },
  wrote: (admission: Admission) => void = () => {},
): MemoryAdmissionStore {
  let stored = first
  let writes = 0
  let reads = 0
  return {
    stored: () => stored,
    writes: () => writes,
    reads: () => reads,
    async read() {
      reads += 1
      return stored
    },
    async create(admission) {
      writes += 1
      if (stored.kind === 'admission') return { applied: false, reading: stored }
      stored = { kind: 'admission', admission }
      wrote(admission)
      return { applied: true, reading: stored }
    },
    async write(change) {
      writes += 1
      if (stored.kind !== 'admission' || !fits(stored.admission, change)) return { applied: false, reading: stored }
      const admission = changed(stored.admission, change)
      stored = { kind: 'admission', admission }
      wrote(admission)
      return { applied: true, reading: stored }
    },
  }
}

const fits = ({ epoch, counts }: Admission, change: AdmissionChange): boolean =>
  (change.epoch === undefined || change.epoch === epoch) &&
  Object.entries(change.most ?? {}).every(([name, most]) => (counts[name] ?? 0) <= most)

function changed({ epoch, counts, control }: Admission, change: AdmissionChange): Admission {
  const added = Object.entries(change.add ?? {}).map(([name, count]) => [name, (counts[name] ?? 0) + count])
  const next: Counters = { ...counts, ...Object.fromEntries(added), ...change.set }
  return { epoch: epoch + (change.control === undefined ? 0 : 1), counts: next, control: change.control ?? control }
}
