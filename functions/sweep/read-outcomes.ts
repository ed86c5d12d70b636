import { LIMITS } from '../contract/limits.ts'
import { accumulate, type SweepAccumulator } from '../core/evidence/sweep-accumulator.ts'
import { type Folded, foldPages, totalsWith } from '../core/outcome/fold.ts'
import type { MinuteBucket } from '../core/outcome/minutes.ts'
import { combine, EMPTY_SUMMARY, type OutcomeItem, type Summary } from '../core/outcome/summary.ts'
import type { Clock, OutcomeStore } from '../core/ports.ts'

/** Items per shard in one read (few enough to be answered in time), and the most rounds of reads in one sweep. */
const PAGE_ITEMS = 250
const MOST_ROUNDS = 40
/** After this time a sweep starts no further round; the next sweep continues where this one stopped. */
const MOST_MS = 15_000
/** Outcomes of a worker whose clock is a little ahead are shown too. */
const AHEAD_MS = 60_000

export interface ReadSettings {
  settlingSeconds: number
  /** For tests: smaller pages. */
  pageItems?: number
  mostRounds?: number
}

interface ReadOutcomes {
  folded: Folded
  /** The outcomes that this sweep's cursor passed. */
  newlyFolded: Summary
  totals: Summary
  minutes: MinuteBucket[]
  accumulator: SweepAccumulator
  watermark: number
  itemsRead: number
}

/**
 * Reads the outcomes that are later than the cursor, shard by shard and page by page, and folds them in order of time.
 * Memory and time are bounded: the rest is left for the next sweep, and `watermark` says how far this one got.
 */
export async function readOutcomes(
  ports: { outcomes: Pick<OutcomeStore, 'list'>; clock: Clock },
  start: { folded: Folded; accumulator: SweepAccumulator; now: number },
  { settlingSeconds, pageItems = PAGE_ITEMS, mostRounds = MOST_ROUNDS }: ReadSettings,
): Promise<ReadOutcomes> {
  const { now } = start
  const began = ports.clock.now()
  let { folded, accumulator } = start
  let newlyFolded: Summary = EMPTY_SUMMARY
  let itemsRead = 0
  const done = (provisional: OutcomeItem[], watermark: number): ReadOutcomes => ({
    folded,
    newlyFolded,
    ...totalsWith(folded, provisional, now),
    accumulator: accumulate(accumulator, provisional, now),
    watermark,
    itemsRead,
  })
  for (let round = 1; ; round += 1) {
    const read = (shard: number) => ports.outcomes.list(shard, folded.cursor, now + AHEAD_MS, pageItems)
    const pages = await Promise.all(Array.from({ length: LIMITS.outcomeShards }, (_, shard) => read(shard)))
    const step = foldPages(folded, pages, now, settlingSeconds)
    itemsRead += pages.reduce((sum, page) => sum + page.items.length, 0)
    newlyFolded = step.final.reduce<Summary>(combine, newlyFolded)
    accumulator = accumulate(accumulator, step.final, now)
    const isStuck = step.folded.cursor === folded.cursor
    folded = step.folded
    const isOut = round >= mostRounds || ports.clock.now() - began >= MOST_MS
    if (step.watermark === now || isStuck || isOut) return done(step.provisional, step.watermark)
  }
}
