import type { RecordStore } from '../../functions/core/ports.ts'
import type { ReadinessRecord } from '../../functions/core/record/record.ts'
import { frozen } from '../support/frozen.ts'

export interface MemoryRecordStore extends RecordStore {
  /** What stands in the table. */
  stored(): ReadinessRecord | null
  /** Puts in place what cannot be read, or (null) takes that away again. */
  corrupt(why: string | null): void
}

export function memoryRecordStore(first: ReadinessRecord | null = null): MemoryRecordStore {
  let record = first
  let unreadable: string | null = null
  return {
    stored: () => record,
    corrupt: (why) => {
      unreadable = why
    },
    async read() {
      if (unreadable !== null) return { unreadable, version: record?.version ?? null }
      return { record }
    },
    async write(given, previous) {
      if ((record?.version ?? null) !== previous) return false
      record = frozen(given)
      unreadable = null
      return true
    },
  }
}
