import { type Folded, foldPages, totalsWith } from '../core/fold.ts'
import type { OutcomeItem, Summary } from '../core/outcome.ts'
import { type Passing, passItems } from '../core/passing.ts'
import type { Clock, OutcomeStore } from '../core/ports.ts'
import type { MinuteBucket } from '../core/readiness.ts'
import { combine, EMPTY, OUTCOME_SHARDS } from '../core/summary.ts'

/** Items per shard that one read asks for (small enough to be answered in time), and most rounds of reads in a sweep. */
const PAGE_ITEMS = 250
const MOST_ROUNDS = 40
/** After this time a sweep begins no further round; the next sweep goes on where it stopped. */
const MOST_MS = 15_000
/** A worker whose clock is a little ahead is shown all the same. */
const AHEAD_MS = 60_000

export interface ReadSettings {
  settlingSeconds: number
  /** For tests: smaller pages. */
  pageItems?: number
  mostRounds?: number
}

export interface ReadOutcomes {
  folded: Folded
  /** What this sweep's cursor passed. */
  settled: Summary
  totals: Summary
  minutes: MinuteBucket[]
  passing: Passing
  reach: number
  itemsRead: number
}

/**
 * Reads what is later than the cursor, shard by shard and page by page, and folds it in order of time. Bounded in
 * memory and time however much there is: what is left is for the next sweep, and `reach` says how far it got.
 */
export async function readOutcomes(
  ports: { outcomes: Pick<OutcomeStore, 'list'>; clock: Clock },
  start: { folded: Folded; passing: Passing; now: number },
  { settlingSeconds, pageItems = PAGE_ITEMS, mostRounds = MOST_ROUNDS }: ReadSettings,
): Promise<ReadOutcomes> {
  const { now } = start
  const began = ports.clock.now()
  let { folded, passing } = start
  let settled: Summary = EMPTY
  let itemsRead = 0
  const done = (young: OutcomeItem[], reach: number): ReadOutcomes => ({
    folded,
    settled,
    ...totalsWith(folded, young, now),
    passing: passItems(passing, young, now),
    reach,
    itemsRead,
  })
  for (let round = 1; ; round += 1) {
    const read = (shard: number) => ports.outcomes.list(shard, folded.cursor, now + AHEAD_MS, pageItems)
    const pages = await Promise.all(Array.from({ length: OUTCOME_SHARDS }, (_, shard) => read(shard)))
    const step = foldPages(folded, pages, now, settlingSeconds)
    itemsRead += pages.reduce((sum, page) => sum + page.items.length, 0)
    settled = step.settled.reduce<Summary>(combine, settled)
    passing = passItems(passing, step.settled, now)
    const isStuck = step.folded.cursor === folded.cursor
    folded = step.folded
    const isOut = round >= mostRounds || ports.clock.now() - began >= MOST_MS
    if (step.reach === now || isStuck || isOut) return done(step.young, step.reach)
  }
}
