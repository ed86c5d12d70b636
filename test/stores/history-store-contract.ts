import { beforeEach, describe, expect, it } from 'vitest'
import type { HistoryStore } from '../../functions/core/ports.ts'
import { emptyBucket, type HistoryBucket, SPAN_MS, type Span } from '../../functions/core/record/history-bucket.ts'
import { HOUR, NOON } from '../build/evidence.ts'

const bucket = (span: Span, at: number, changes: Partial<HistoryBucket> = {}): HistoryBucket => ({
  ...emptyBucket(span, at),
  ...changes,
})
const MIDNIGHT = NOON - 12 * HOUR

export function historyStoreContract(make: () => Promise<HistoryStore>): void {
  describe('history', () => {
    let store: HistoryStore
    beforeEach(async () => {
      store = await make()
    })

    it('comes back as it was saved, the oldest first, hours and days apart', async () => {
      const seconds = { ready: 3000.25, degraded: 0, not_ready: 500, unknown: 99.75 }
      const hour = bucket('hour', NOON, { seconds, solved: 12, failed: 3, solveSeconds: [0, 1, 2] })
      const earlier = bucket('hour', NOON - HOUR)
      const day = bucket('day', MIDNIGHT, { solved: 400 })
      for (const each of [hour, day, earlier]) await store.save(each)
      expect(await store.list('hour', NOON - HOUR, NOON)).toEqual([earlier, hour])
      expect(await store.list('day', MIDNIGHT, MIDNIGHT)).toEqual([day])
    })

    it('answers both ends of the stretch and nothing beyond', async () => {
      for (const n of [0, 1, 2, 3, 4]) await store.save(bucket('hour', NOON + n * HOUR))
      const found = await store.list('hour', NOON + HOUR, NOON + 3 * HOUR)
      expect(found.map(({ at }) => (at - NOON) / HOUR)).toEqual([1, 2, 3])
      expect(await store.list('hour', NOON + 9 * HOUR, NOON + 11 * HOUR)).toEqual([])
    })

    it('a second save of the same hour replaces the first', async () => {
      await store.save(bucket('hour', NOON, { solved: 1 }))
      await store.save(bucket('hour', NOON, { solved: 2 }))
      expect(await store.list('hour', NOON, NOON)).toEqual([bucket('hour', NOON, { solved: 2 })])
    })

    it('ninety days come back by one query', async () => {
      const times = Array.from({ length: 90 }, (_, n) => MIDNIGHT - n * SPAN_MS.day).toReversed()
      const full = { ready: 86_399.123456, degraded: 0.876544, not_ready: 0, unknown: 0 }
      const solveSeconds = Array.from({ length: 14 }, () => 123_456)
      for (const at of times) await store.save(bucket('day', at, { seconds: full, solved: 1e6, solveSeconds }))
      const found = await store.list('day', times[0] ?? 0, MIDNIGHT)
      expect(found.map(({ at }) => at)).toEqual(times)
    })
  })
}
