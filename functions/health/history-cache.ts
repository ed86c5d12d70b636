import type { Clock, HistoryStore, Log } from '../core/ports.ts'
import { type HistoryBucket, SPAN_MS, startOf } from '../core/record/history-bucket.ts'
import type { CachedReading } from './record-cache.ts'

/** What the page shows, beside the running hour and day, which are in the record. */
export const SHOWN_HOURS = 24
export const SHOWN_DAYS = 90
/** A page is answered within a second, so the history gets what the record's read has left of it. */
const PATIENCE_MS = { least: 100, most: 400, together: 900 }
/** After a read that failed or took too long, the next one waits this long. */
const RETRY_MS = 30_000

/** The finished hours and days, the oldest first. */
export interface StoredHistory {
  hours: HistoryBucket[]
  days: HistoryBucket[]
}

/**
 * `hour`: the running hour of the record. `patienceMs`: how long the caller may wait. Null: the history cannot be read,
 * or not in that time.
 */
export type ReadHistory = (hour: number, patienceMs: number) => Promise<StoredHistory | null>

interface HistoryCachePorts {
  load: () => Promise<Pick<HistoryStore, 'list'>>
  clock: Clock
  /** Monotonic milliseconds. */
  ticks: () => number
  log: Log
}

/**
 * Reads the finished hours and days by two queries, once for each running hour: the sweep stores an hour before it
 * writes the record in which the next hour runs, so nothing that the record has let go is missing. Never throws.
 */
export function makeHistoryCache({ load, clock, ticks, log }: HistoryCachePorts): ReadHistory {
  let held: { hour: number; found: Promise<StoredHistory | null>; until: number } | undefined

  return (hour, patienceMs) => {
    if (held?.hour !== hour || ticks() >= held.until)
      held = { hour, found: read(hour), until: Number.POSITIVE_INFINITY }
    return Promise.race([held.found, clock.sleep(patienceMs).then(() => null)])
  }

  async function read(hour: number): Promise<StoredHistory | null> {
    const day = startOf('day', hour)
    try {
      const store = await load()
      const [hours, days] = await Promise.all([
        store.list('hour', hour - SHOWN_HOURS * SPAN_MS.hour, hour),
        store.list('day', day - SHOWN_DAYS * SPAN_MS.day, day),
      ])
      return { hours, days }
    } catch (error) {
      log('warn', 'the history cannot be read', { why: error instanceof Error ? error.name : 'unknown' })
      if (held?.hour === hour) held.until = ticks() + RETRY_MS
      return null
    }
  }
}

/** The stored history that belongs to this reading of the record. A table that does not answer is not asked again. */
export const historyBeside =
  (read: ReadHistory, { reading, milliseconds }: CachedReading, now: number): (() => Promise<StoredHistory | null>) =>
  async () => {
    if (reading.kind === 'unreachable') return null
    const running = reading.kind === 'record' ? reading.record.history : null
    const left = PATIENCE_MS.together - (milliseconds ?? 0)
    return read(running?.hour.at ?? startOf('hour', now), Math.max(PATIENCE_MS.least, Math.min(PATIENCE_MS.most, left)))
  }
