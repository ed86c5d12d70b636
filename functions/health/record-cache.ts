import type { Clock, Log, RecordStore } from '../core/ports.ts'
import type { ReadinessRecord, RecordReading } from '../core/record/record.ts'

/** A reading is shown for as long: any number of probes cost at most one read a second and worker. */
const FRESH_MS = 1000
/** A view is answered within 1 s, so the table gets less; a little more where nothing could be shown in its place. */
const PATIENCE_MS = 700
const FIRST_PATIENCE_MS = 900
/** One try and one more fit into that, so that a look given up is soon over. */
export const READ_LIMITS = { requestTimeoutMs: 450, maxAttempts: 2 }

export interface CachedReading {
  reading: RecordReading
  /** How long the table took; null when it did not answer. */
  milliseconds: number | null
}

interface RecordCachePorts {
  /** Loads the store, and the SDK with it, when it is first needed. Its own time does not count as the table's. */
  load: () => Promise<RecordStore>
  clock: Clock
  /** Monotonic milliseconds: the clock may be set by the table's first answer. */
  ticks: () => number
  log: Log
}

/**
 * Looks at the readiness record: never throws, never waits for a hanging table, and remembers the last record known
 * and since when reads have failed. An answer that comes too late for its look still counts for the next one.
 */
export function makeRecordCache({ load, clock, ticks, log }: RecordCachePorts): () => Promise<CachedReading> {
  let store: RecordStore | undefined
  let held: { cached: Promise<CachedReading>; until: number } | undefined
  let last: ReadinessRecord | null = null
  let failingSince: number | null = null
  let looks = 0
  let newest = 0

  return () => {
    if (held !== undefined && ticks() < held.until) return held.cached
    const mine = { cached: cached(), until: Number.POSITIVE_INFINITY }
    held = mine
    void mine.cached.then(() => {
      mine.until = ticks() + FRESH_MS
    })
    return mine.cached
  }

  async function cached(): Promise<CachedReading> {
    looks += 1
    const number = looks
    const askedAt = clock.now()
    try {
      store ??= await load()
      const patience = clock.sleep(last === null ? FIRST_PATIENCE_MS : PATIENCE_MS)
      const found = await Promise.race([read(store, number), patience])
      return found ?? unreachable(askedAt, 'TIMEOUT')
    } catch (error) {
      return unreachable(askedAt, errorCodeOf(error))
    }
  }

  async function read(from: RecordStore, number: number): Promise<CachedReading> {
    const began = ticks()
    const answer = await from.read()
    const milliseconds = Math.round(ticks() - began)
    const reading = readingOf(answer, clock.now())
    if (number > newest) {
      newest = number
      last = reading.kind === 'record' ? reading.record : null
      if (failingSince !== null) log('info', 'the record can be read again', { milliseconds })
      failingSince = null
    }
    return { reading, milliseconds }
  }

  function unreachable(askedAt: number, why: string): CachedReading {
    if (failingSince === null) log('warn', 'the record cannot be read', { why })
    failingSince ??= askedAt
    return { reading: { kind: 'unreachable', failingSince, last, readAt: clock.now() }, milliseconds: null }
  }
}

function readingOf(answer: Awaited<ReturnType<RecordStore['read']>>, readAt: number): RecordReading {
  if ('unreadable' in answer) return { kind: 'unreadable', why: answer.unreadable, readAt }
  return answer.record === null ? { kind: 'missing', readAt } : { kind: 'record', record: answer.record, readAt }
}

function errorCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
