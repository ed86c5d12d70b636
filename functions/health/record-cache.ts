import type { Admission } from '../core/admission/item/admission.ts'
import type { AdmissionStore, Clock, Log, RecordStore } from '../core/ports.ts'
import type { ReadinessRecord, RecordReading } from '../core/record/record.ts'
import { makeOnceASecond } from './once-a-second.ts'

/**
 * A view must be answered within 1 s, so the table gets less time. It gets a little more if there is no earlier record
 * to show.
 */
const PATIENCE_MS = 700
const FIRST_PATIENCE_MS = 900
/** Two tries fit into that time, so a read that is given up ends soon. */
export const READ_LIMITS = { requestTimeoutMs: 450, maxAttempts: 2 }

export interface CachedReading {
  reading: RecordReading
  /** Read at the same moment. Null: missing, unreadable, or no answer; the views then show the record as it is. */
  admission: Admission | null
  /** How long the read took; null if the table did not answer. */
  milliseconds: number | null
}

/** The two items that the views are computed from. */
export interface HealthStores {
  record: Pick<RecordStore, 'read'>
  admission: Pick<AdmissionStore, 'read'>
}

interface RecordCachePorts {
  /** Loads the stores, and the SDK with them, at the first read. The loading time does not count as the table's time. */
  load: () => Promise<HealthStores>
  clock: Clock
  /** Monotonic milliseconds: the table's first answer may set the clock. */
  ticks: () => number
  log: Log
}

/**
 * Reads the readiness record, and the admission item beside it. Never throws and never waits for a hanging table. Keeps
 * the last known record, and the time since when reads have failed. An answer that arrives too late for its own read is
 * used by the next one.
 */
export function makeRecordCache({ load, clock, ticks, log }: RecordCachePorts): () => Promise<CachedReading> {
  let stores: HealthStores | undefined
  let last: ReadinessRecord | null = null
  let failingSince: number | null = null
  let looks = 0
  let newest = 0

  return makeOnceASecond(cached, ticks).read

  async function cached(): Promise<CachedReading> {
    looks += 1
    const number = looks
    const askedAt = clock.now()
    try {
      stores ??= await load()
      const patience = clock.sleep(last === null ? FIRST_PATIENCE_MS : PATIENCE_MS)
      const found = await Promise.race([read(stores, number), patience])
      return found ?? unreachable(askedAt, 'TIMEOUT')
    } catch (error) {
      return unreachable(askedAt, errorCodeOf(error))
    }
  }

  async function read(from: HealthStores, number: number): Promise<CachedReading> {
    const began = ticks()
    const [answer, admission] = await Promise.all([from.record.read(), admissionIn(from)])
    const milliseconds = Math.round(ticks() - began)
    const reading = readingOf(answer, clock.now())
    if (number > newest) {
      newest = number
      last = reading.kind === 'record' ? reading.record : null
      if (failingSince !== null) log('info', 'the readiness record can be read again', { milliseconds })
      failingSince = null
    }
    return { reading, admission, milliseconds }
  }

  function unreachable(askedAt: number, why: string): CachedReading {
    if (failingSince === null) log('warn', 'the readiness record cannot be read', { why })
    failingSince ??= askedAt
    return {
      reading: { kind: 'unreachable', failingSince, last, readAt: clock.now() },
      admission: null,
      milliseconds: null,
    }
  }
}

/** The record can be shown without it. */
async function admissionIn({ admission }: HealthStores): Promise<Admission | null> {
  const reading = await admission.read().catch(() => null)
  return reading?.kind === 'admission' ? reading.admission : null
}

function readingOf(answer: Awaited<ReturnType<RecordStore['read']>>, readAt: number): RecordReading {
  if ('unreadable' in answer) return { kind: 'unreadable', why: answer.unreadable, readAt }
  return answer.record === null ? { kind: 'missing', readAt } : { kind: 'record', record: answer.record, readAt }
}

function errorCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
