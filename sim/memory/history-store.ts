import type { HistoryStore } from '../../functions/core/ports.ts'
import type { HistoryBucket } from '../../functions/core/record/history-bucket.ts'
import { frozen } from '../support/frozen.ts'

interface MemoryHistoryStore extends HistoryStore {
  /** Everything that is stored, in the order of time. */
  stored(): HistoryBucket[]
}

export function memoryHistoryStore(): MemoryHistoryStore {
  const buckets = new Map<string, HistoryBucket>()
  const stored = () => [...buckets.values()].sort((a, b) => a.at - b.at)
  return {
    stored,
    async save(bucket) {
      buckets.set(`${bucket.span} ${bucket.at}`, frozen(bucket))
    },
    async list(span, from, to) {
      return stored().filter((bucket) => bucket.span === span && bucket.at >= from && bucket.at <= to)
    },
  }
}
