import { beforeEach, describe, expect, it } from 'vitest'
import type { RecordStore } from '../../functions/core/ports.ts'
import { readinessRecord } from './builders.ts'

export function recordStoreContract(make: () => Promise<RecordStore>): void {
  describe('readiness record', () => {
    let store: RecordStore
    beforeEach(async () => {
      store = await make()
    })

    it('there is none before the first sweep', async () => {
      expect(await store.read()).toEqual({ record: null })
    })

    it('comes back as it was written', async () => {
      const record = readinessRecord()
      expect(await store.write(record, null)).toBe(true)
      expect(await store.read()).toEqual({ record })
      const later = readinessRecord({ version: 2, issues: [], activeProvider: null, trace: [] })
      expect(await store.write(later, 1)).toBe(true)
      expect(await store.read()).toEqual({ record: later })
    })

    it('sweeps that overlap are fenced: one of two writes over the same version stands (row 36)', async () => {
      const first = readinessRecord({ goodSweeps: 1 })
      expect(await store.write(first, null)).toBe(true)
      expect(await store.write(readinessRecord({ goodSweeps: 2 }), null)).toBe(false)
      const writes = [1, 2, 3, 4, 5].map((n) => store.write(readinessRecord({ version: 2, goodSweeps: n }), 1))
      const answers = await Promise.all(writes)
      expect(answers.filter((stands) => stands)).toHaveLength(1)
      const winner = answers.indexOf(true) + 1
      expect(await store.read()).toEqual({ record: readinessRecord({ version: 2, goodSweeps: winner }) })
    })

    it('of two sweeps that write the very same record over the same version, one stands', async () => {
      const same = readinessRecord()
      const answers = await Promise.all([store.write(same, null), store.write(same, null), store.write(same, null)])
      expect(answers.filter((stands) => stands)).toHaveLength(1)
      expect(await store.write(same, null)).toBe(false)
    })

    it('is not written over a version that is not there', async () => {
      expect(await store.write(readinessRecord({ version: 2 }), 1)).toBe(false)
      expect(await store.read()).toEqual({ record: null })
    })
  })
}
