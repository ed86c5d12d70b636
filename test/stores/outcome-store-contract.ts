import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../../functions/contract/limits.ts'
import { type OutcomeItem, shardOf } from '../../functions/core/outcome/summary.ts'
import type { OutcomeStore } from '../../functions/core/ports.ts'
import { type MemoryClock, memoryClock, NOON } from '../../sim/memory/clock.ts'
import { MANY_CASES, outcomeItem, SEEDED } from './builders.ts'

/** Makes a store on an empty table. */
type MakeOutcomeStore = (clock: MemoryClock) => Promise<OutcomeStore>

/** Invocations whose items lie in one shard. */
const SHARD = shardOf('invocation-1')
const together = Array.from({ length: 400 }, (_, n) => `invocation-${n}`).filter((name) => shardOf(name) === SHARD)
const neighbour = (n: number) => String(together[n])

export function outcomeStoreContract(make: MakeOutcomeStore, { runs }: { runs: number }): void {
  describe('outcome store', () => {
    let clock: MemoryClock
    let store: OutcomeStore
    const write = async (items: OutcomeItem[]) => {
      for (const item of items) await store.write(item)
    }
    const list = (after: number, until: number, limit = 100) => store.list(SHARD, after, until, limit)

    beforeEach(async () => {
      clock = memoryClock()
      store = await make(clock)
    })

    it('gives back an item whole, whatever it counts', async () => {
      const full = outcomeItem({
        received: 10,
        duplicates: 1,
        invalid: 2,
        deadLettered: 3,
        accepted: 4,
        parked: 5,
        polled: 6,
        solved: 7,
        failed: 8,
        failedCharged: 9,
        failedByClass: { unsolvable: 3, task: 1 },
        counted: 11,
        expiredSubmitted: 12,
        expiredWaiting: 13,
        resubmitted: 14,
        unknown: 15,
        late: 16,
        faults: 17,
        refusedByClass: { capacity: 1, spend: 2 },
        accountAnswers: {
          captchaai: { at: NOON - 4, refusal: null },
          twocaptcha: { at: NOON - 5, refusal: { class: 'funds', code: 'ERROR_ZERO_BALANCE' } },
        },
        trailingFailures: 18,
        lastSolveAt: NOON,
        lastWorkingSubmitAt: NOON - 1,
        oldestParkedAt: NOON - 2,
        slow: [{ taskId: 'a:b-c', method: 'other', submittedAt: NOON - 100_000, seenAt: NOON }],
        lastExpiredSubmittedAt: NOON - 3,
        solveSeconds: {
          userrecaptcha: [0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0],
          other: [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10],
        },
        solveMs: { userrecaptcha: 47_123, other: 3_600_001 },
        changes: [
          { at: NOON, what: 'route', provider: '', from: 'captchaai', to: 'twocaptcha', cause: 'breaker open' },
        ],
      })
      const empty = outcomeItem({ invocation: neighbour(1), at: NOON + 1, function: 'submit' })
      await write([full, empty])
      expect(await list(NOON - 1, NOON + 1)).toEqual({ items: [full, empty], more: false })
    })

    it('lists what is later than `after` and not later than `until`, oldest first', async () => {
      const items = [5, 1, 4, 2, 3].map((n) => outcomeItem({ at: NOON + n, invocation: neighbour(n) }))
      await write(items)
      const { items: found, more } = await list(NOON + 1, NOON + 4)
      expect(found.map(({ at }) => at - NOON)).toEqual([2, 3, 4])
      expect(more).toBe(false)
      expect((await list(0, 0)).items).toEqual([])
      expect((await list(NOON + 4, NOON + 4)).items).toEqual([])
      expect((await list(NOON + 4, NOON)).items).toEqual([])
    })

    it('finds what was written in the first moment of a stretch of time, whatever the name of its invocation', async () => {
      const names = ['0a1b', '~', 'Z']
      await write(names.map((invocation) => outcomeItem({ invocation })))
      for (const name of names) {
        expect(await store.has(name, NOON, NOON), name).toBe(true)
        const { items } = await store.list(shardOf(name), NOON - 1, NOON, 100)
        expect(items.map(({ invocation }) => invocation)).toContain(name)
      }
    })

    it('keeps the shards apart', async () => {
      const names = Array.from({ length: 50 }, (_, n) => `invocation-${n}`)
      await write(names.map((invocation) => outcomeItem({ invocation })))
      const shards = Array.from({ length: LIMITS.outcomeShards }, (_, shard) => shard)
      const found = await Promise.all(shards.map((shard) => store.list(shard, 0, NOON, 100)))
      expect(found.flatMap(({ items }) => items.map(({ invocation }) => invocation)).sort()).toEqual([...names].sort())
      for (const [shard, { items }] of found.entries()) {
        expect(items.every(({ invocation }) => shardOf(invocation) === shard)).toBe(true)
      }
    })

    it('the same item written twice is there once', async () => {
      await write([outcomeItem({ solved: 1 }), outcomeItem({ solved: 1 })])
      expect((await list(0, NOON)).items).toHaveLength(1)
    })

    it('never cuts a moment in two: who goes on from the last item misses none', async () => {
      const ats = [1, 1, 2, 2, 2, 2, 3]
      await write(ats.map((at, n) => outcomeItem({ at: NOON + at, invocation: neighbour(n) })))
      const pages: number[][] = []
      for (let after = NOON, more = true; more; ) {
        const page = await list(after, NOON + 10, 3)
        pages.push(page.items.map(({ at }) => at - NOON))
        after = page.items.at(-1)?.at ?? after
        more = page.more
      }
      expect(pages).toEqual([[1, 1], [2, 2, 2, 2], [3]])
    })

    it(`pages are what a sorted list would give, for ${runs} sets of items`, MANY_CASES, async () => {
      let run = 0
      const moments = fc.array(fc.nat(20), { maxLength: 14 })
      await fc.assert(
        fc.asyncProperty(
          moments,
          fc.nat(22),
          fc.nat(22),
          fc.integer({ min: 1, max: 6 }),
          async (ats, from, to, limit) => {
            const start = NOON + ++run * 1000
            await write(ats.map((at, n) => outcomeItem({ at: start + at, invocation: neighbour(n), polled: n })))
            const found: number[] = []
            for (let after = start + from - 1, more = true; more; ) {
              const page = await list(after, start + to, limit)
              expect(page.more && page.items.length === 0).toBe(false)
              found.push(...page.items.map(({ at }) => at - start))
              after = page.items.at(-1)?.at ?? after
              more = page.more
            }
            expect(found).toEqual(ats.filter((at) => at >= from && at <= to).sort((a, b) => a - b))
          },
        ),
        { numRuns: runs, ...SEEDED },
      )
    })

    it('knows whether an invocation has written its item in a stretch of time', async () => {
      await write([outcomeItem({ invocation: neighbour(2), at: NOON })])
      expect(await store.has(neighbour(2), NOON, NOON)).toBe(true)
      expect(await store.has(neighbour(2), NOON - 1000, NOON + 1000)).toBe(true)
      expect(await store.has(neighbour(2), NOON + 1, NOON + 1000)).toBe(false)
      expect(await store.has(neighbour(2), NOON - 1000, NOON - 1)).toBe(false)
      expect(await store.has(neighbour(3), NOON - 1000, NOON + 1000)).toBe(false)
      const longer = together.find((name) => name.startsWith('invocation-1') && name !== 'invocation-1')
      await write([outcomeItem({ invocation: String(longer) })])
      expect(await store.has('invocation-1', NOON - 1000, NOON + 1000)).toBe(false)
    })
  })
}
