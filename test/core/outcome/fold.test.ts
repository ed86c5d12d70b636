import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../functions/contract/limits.ts'
import { byTime, type Folded, foldPages, NOTHING_FOLDED, totalsWith } from '../../../functions/core/outcome/fold.ts'
import { addMinutes } from '../../../functions/core/outcome/minutes.ts'
import { combine, EMPTY_SUMMARY, type OutcomeItem } from '../../../functions/core/outcome/summary.ts'
import { HOUR, NOON, SECOND } from '../../build/evidence.ts'
import { failed, outcome, solved } from '../../build/outcomes.ts'
import { anyItems } from '../arbitraries.ts'

/** The plain way: everything there is, sorted, added up. */
const naive = (items: OutcomeItem[], now: number) => {
  const sorted = [...items].sort(byTime)
  return { totals: sorted.reduce(combine, EMPTY_SUMMARY), minutes: addMinutes([], sorted, now) }
}

/** One page of each shard, as a store gives it: moments whole. */
const pagesOf = (shards: OutcomeItem[][], after: number, limit: number) =>
  shards.map((shard) => {
    const later = shard.filter(({ at }) => at > after).sort(byTime)
    const cut = later[limit]?.at
    const whole = later.slice(0, limit).filter(({ at }) => at !== cut)
    const items = cut === undefined ? later : whole.length > 0 ? whole : later.filter(({ at }) => at === cut)
    return { items, more: items.length < later.length }
  })

const sweepUntilAllIsRead = (folded: Folded, shards: OutcomeItem[][], now: number, settling: number, limit: number) => {
  for (let round = 0; round < 1000; round += 1) {
    const step = foldPages(folded, pagesOf(shards, folded.cursor, limit), now, settling)
    if (step.watermark === now || step.folded.cursor === folded.cursor) return step
    folded = step.folded
  }
  throw new Error('never done')
}

describe('the fold', () => {
  it('equals the plain sum over the sorted list, for any split into shards, pages and sweeps', () => {
    const sweeps = fc.array(fc.nat(7200), { maxLength: 6 })
    const cut = { shards: fc.integer({ min: 1, max: LIMITS.outcomeShards }), limit: fc.integer({ min: 1, max: 7 }) }
    fc.assert(
      fc.property(anyItems, sweeps, fc.nat(60), fc.record(cut), fc.nat(), (items, times, settling, split, seed) => {
        const shards = Array.from({ length: split.shards }, (_, n) =>
          items.filter((_, m) => (m * 7 + (seed % 97)) % split.shards === n),
        )
        const last = NOON + 2 * HOUR
        const nows = [...times.map((seconds) => NOON - HOUR + seconds * SECOND).sort((a, b) => a - b), last]
        let folded = NOTHING_FOLDED
        for (const now of nows) {
          // An item can be read from its time on.
          const written = shards.map((shard) => shard.filter(({ at }) => at <= now))
          const step = sweepUntilAllIsRead(folded, written, now, settling, split.limit)
          if (step.watermark === now)
            expect(totalsWith(step.folded, step.provisional, now)).toEqual(naive(written.flat(), now))
          folded = step.folded
        }
        expect(folded.summary).toEqual(naive(items, last).totals)
        expect(folded.minutes).toEqual(naive(items, last).minutes)
      }),
      { numRuns: 2000 },
    )
  })

  it('folds each outcome in exactly one step, so that what steps add is what there is', () => {
    fc.assert(
      fc.property(anyItems, fc.array(fc.nat(7200), { maxLength: 6 }), fc.nat(60), (items, times, settling) => {
        const nows = [...times.map((seconds) => NOON - HOUR + seconds * SECOND).sort((a, b) => a - b), NOON + 2 * HOUR]
        let folded = NOTHING_FOLDED
        const seen: string[] = []
        for (const now of nows) {
          const pages = pagesOf([items.filter(({ at }) => at <= now)], folded.cursor, 1000)
          const step = foldPages(folded, pages, now, settling)
          seen.push(...step.final.map(({ invocation }) => invocation))
          folded = step.folded
        }
        expect(seen.sort()).toEqual(items.map(({ invocation }) => invocation).sort())
      }),
      { numRuns: 1000 },
    )
  })

  it('shows what is younger than the settling lag, and folds it later', () => {
    const provisional = outcome(NOON - 4 * SECOND, [solved(NOON - 4 * SECOND)])
    const first = foldPages(NOTHING_FOLDED, [{ items: [provisional], more: false }], NOON, 10)
    expect(first.folded.summary.solved).toBe(0)
    expect(totalsWith(first.folded, first.provisional, NOON).totals.solved).toBe(1)
    const second = foldPages(first.folded, [{ items: [provisional], more: false }], NOON + 60 * SECOND, 10)
    expect(second.folded.summary.solved).toBe(1)
  })

  it('puts an outcome that was written late, within the lag, where it belongs', () => {
    const [before, after] = [NOON - 8 * SECOND, NOON - 5 * SECOND]
    const first = foldPages(NOTHING_FOLDED, [{ items: [outcome(after, [failed(after)])], more: false }], NOON, 10)
    const both = [outcome(before, [solved(before)]), outcome(after, [failed(after)])]
    const second = foldPages(first.folded, [{ items: both, more: false }], NOON + 60 * SECOND, 10)
    expect(second.folded.summary).toMatchObject({ solved: 1, failed: 1, trailingFailures: 1 })
  })

  it('does not pass what another shard has not shown yet, and says how far it reaches', () => {
    const at = (seconds: number) => NOON - HOUR + seconds * SECOND
    const cut = { items: [outcome(at(1), [failed(at(1))]), outcome(at(2), [failed(at(2))])], more: true }
    const whole = { items: [outcome(at(3), [solved(at(3))])], more: false }
    const step = foldPages(NOTHING_FOLDED, [cut, whole], NOON, 10)
    expect(step).toMatchObject({ watermark: at(2), folded: { cursor: at(2), summary: { failed: 2, solved: 0 } } })
    expect(step.provisional).toEqual([])
  })

  it('never moves its cursor back when the clock does', () => {
    const folded = { ...NOTHING_FOLDED, cursor: NOON }
    expect(foldPages(folded, [], NOON - HOUR, 10).folded.cursor).toBe(NOON)
  })
})
