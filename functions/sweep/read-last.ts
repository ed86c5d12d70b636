import type { Log, RecordStore } from '../core/ports.ts'
import type { ReadinessRecord } from '../core/record/record.ts'

interface Last {
  last: ReadinessRecord | null
  /** The version of the stored record, readable or not. Null: no record is stored, or it has no version. */
  version: number | null
  isBroken: boolean
}

/** The record of the last sweep. An unreadable record is replaced, because nothing else would ever repair it. */
export async function readLast(store: RecordStore, log: Log): Promise<Last> {
  const read = await store.read()
  if ('record' in read) return { last: read.record, version: read.record?.version ?? null, isBroken: false }
  log('error', 'readiness record unreadable, a new one is begun', { why: read.unreadable })
  return { last: null, version: read.version ?? null, isBroken: true }
}
