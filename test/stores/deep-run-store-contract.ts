import { beforeEach, describe, expect, it } from 'vitest'
import type { DeepRunStore } from '../../functions/core/ports.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { deepRun } from '../build/deep-run.ts'

const LEASE_MS = 30_000

export function deepRunStoreContract(make: () => Promise<DeepRunStore>): void {
  describe('deep runs', () => {
    let store: DeepRunStore
    beforeEach(async () => {
      store = await make()
    })
    const begin = (id: string, at = NOON) => store.begin(id, at, at + LEASE_MS)

    it('there is none before the first, and a run that goes on is none yet', async () => {
      expect(await store.read()).toBe(null)
      await begin('a')
      expect(await store.read()).toBe(null)
    })

    it('comes back as it was stored, and stays while the next one goes on', async () => {
      const run = deepRun({ id: 'a', ranBy: '203.0.113.7 curl/8', paid: true })
      expect(await begin('a')).toEqual({ kind: 'begun' })
      expect(await store.finish(run)).toBe(true)
      expect(await store.read()).toEqual(run)
      await begin('b', NOON + 1)
      expect(await store.read()).toEqual(run)
    })

    it('one run at a time: of many that begin at once one begins, the others are told until when', async () => {
      const begun = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((id) => begin(id)))
      expect(begun.filter(({ kind }) => kind === 'begun')).toHaveLength(1)
      for (const answer of begun) if (answer.kind === 'running') expect(answer.until).toBe(NOON + LEASE_MS)
    })

    it('the same run may begin again: its own write, sent twice', async () => {
      expect(await begin('a')).toEqual({ kind: 'begun' })
      expect(await begin('a')).toEqual({ kind: 'begun' })
    })

    it('the next run may begin when the last one ended, or when its lease did, and not a moment earlier', async () => {
      await begin('a')
      expect(await begin('b', NOON + LEASE_MS - 1)).toMatchObject({ kind: 'running' })
      expect(await begin('b', NOON + LEASE_MS)).toEqual({ kind: 'begun' })
      await store.finish(deepRun({ id: 'b', ranAt: NOON + LEASE_MS }))
      expect(await begin('c', NOON + LEASE_MS + 1)).toEqual({ kind: 'begun' })
    })

    it('a run whose lease was taken over is not stored', async () => {
      await begin('a')
      await begin('b', NOON + LEASE_MS)
      expect(await store.finish(deepRun({ id: 'a' }))).toBe(false)
      expect(await store.read()).toBe(null)
      expect(await begin('c', NOON + LEASE_MS + 1)).toMatchObject({ kind: 'running' })
    })
  })
}
