import { describe, expect, it } from 'vitest'
import type { SpendStore } from '../../functions/core/ports.ts'
import { NOON } from '../../sim/memory/clock.ts'

interface SpendLimits {
  perHour: number | null
  perDay: number | null
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
const ALL = { limit: null }

export function spendStoreContract(make: (limits: SpendLimits) => Promise<SpendStore>): void {
  describe('spend limit', () => {
    it('reserves what fits and says which limit stops the rest', async () => {
      const store = await make({ perHour: 10, perDay: null })
      expect(await store.reserve(6, NOON)).toEqual({ reserved: 6, ...ALL })
      expect(await store.reserve(6, NOON + 1)).toEqual({ reserved: 4, limit: 'hour' })
      expect(await store.reserve(1, NOON + 2)).toEqual({ reserved: 0, limit: 'hour' })
      expect(await store.reached(NOON + 2)).toBe('hour')
    })

    it('a batch greater than the limit gets the limit', async () => {
      const store = await make({ perHour: 3, perDay: null })
      expect(await store.reserve(10, NOON)).toEqual({ reserved: 3, limit: 'hour' })
      const daily = await make({ perHour: null, perDay: 4 })
      expect(await daily.reserve(10, NOON)).toEqual({ reserved: 4, limit: 'day' })
    })

    it('begins anew each UTC hour and each UTC day', async () => {
      const store = await make({ perHour: 2, perDay: 3 })
      const end = NOON + HOUR - 1
      expect(await store.reserve(2, end)).toEqual({ reserved: 2, ...ALL })
      expect(await store.reserve(1, end)).toEqual({ reserved: 0, limit: 'hour' })
      expect(await store.reserve(2, end + 1)).toEqual({ reserved: 1, limit: 'day' })
      expect(await store.reached(end + 1)).toBe('day')
      expect(await store.reserve(2, NOON + DAY)).toEqual({ reserved: 2, ...ALL })
    })

    it('has reached no limit while there is room', async () => {
      const store = await make({ perHour: 2, perDay: 10 })
      expect(await store.reached(NOON)).toBeNull()
      await store.reserve(1, NOON)
      expect(await store.reached(NOON)).toBeNull()
      await store.reserve(1, NOON)
      expect(await store.reached(NOON)).toBe('hour')
      expect(await store.reached(NOON + HOUR)).toBeNull()
    })

    it('what is given back can be reserved again, in the hour it was taken from', async () => {
      const store = await make({ perHour: 2, perDay: 4 })
      await store.reserve(2, NOON)
      await store.release(1, NOON)
      expect(await store.reserve(2, NOON)).toEqual({ reserved: 1, limit: 'hour' })
      await store.reserve(2, NOON + HOUR)
      await store.release(2, NOON)
      expect(await store.reached(NOON + HOUR)).toBe('hour')
      expect(await store.reserve(2, NOON)).toEqual({ reserved: 2, ...ALL })
    })

    it('never gives back what was not taken', async () => {
      const store = await make({ perHour: 2, perDay: null })
      await store.release(5, NOON)
      expect(await store.reserve(9, NOON)).toEqual({ reserved: 2, limit: 'hour' })
    })

    it('nothing wanted, nothing reserved', async () => {
      const store = await make({ perHour: 1, perDay: 1 })
      expect(await store.reserve(0, NOON)).toEqual({ reserved: 0, ...ALL })
      await store.release(0, NOON)
    })

    it('submitting stops before the overspend, however many workers reserve at once (row 18)', async () => {
      const store = await make({ perHour: 25, perDay: 100 })
      const answers = await Promise.all(Array.from({ length: 20 }, () => store.reserve(3, NOON)))
      const reserved = answers.reduce((sum, answer) => sum + answer.reserved, 0)
      expect(reserved).toBeLessThanOrEqual(25)
      const rest = await store.reserve(25, NOON)
      expect(reserved + rest.reserved).toBe(25)
      expect(answers.every(({ reserved, limit }) => reserved === 3 || limit === 'hour')).toBe(true)
    })

    it('without a limit everything is reserved', async () => {
      const store = await make({ perHour: null, perDay: null })
      expect(await store.reserve(1_000_000, NOON)).toEqual({ reserved: 1_000_000, ...ALL })
      await store.release(1, NOON)
      expect(await store.reached(NOON)).toBeNull()
    })
  })
}
