import { addMinutes, type MinuteBucket } from './minutes.ts'
import { combine, EMPTY_SUMMARY, type OutcomeItem, type Summary } from './summary.ts'

/** Everything up to `cursor`, in order of time, as one summary. */
export interface Folded {
  cursor: number
  summary: Summary
  minutes: MinuteBucket[]
}
export const NOTHING_FOLDED: Folded = { cursor: 0, summary: EMPTY_SUMMARY, minutes: [] }

/** Items of one shard later than the cursor, oldest first. `more`: later ones than these were not read. */
interface Page {
  items: OutcomeItem[]
  more: boolean
}

interface Step {
  folded: Folded
  /** What was folded by this step, in order of time: each item is folded by exactly one step. */
  final: OutcomeItem[]
  /** Younger than the settling lag: shown provisionally, and read again by the next sweep. */
  provisional: OutcomeItem[]
  /** Up to this time every outcome was read. */
  watermark: number
}

/**
 * Folds one page of every shard. A late writer may still put something before what is younger than the settling lag,
 * and an unread page hides what is later than it: neither is passed by the cursor.
 */
export function foldPages(before: Folded, pages: readonly Page[], now: number, settlingSeconds: number): Step {
  const watermark = pages.reduce((least, page) => Math.min(least, page.more ? lastOf(page) : least), now)
  const cursor = Math.max(before.cursor, Math.min(now - settlingSeconds * 1000, watermark))
  const items = pages.flatMap((page) => page.items).sort(byTime)
  const final = items.filter(({ at }) => at <= cursor)
  const provisional = items.filter(({ at }) => at > cursor && (at <= watermark || watermark === now))
  const summary = final.reduce<Summary>(combine, before.summary)
  return { folded: { cursor, summary, minutes: addMinutes(before.minutes, final, now) }, final, provisional, watermark }
}

/** The folded part and the provisional one together. */
export const totalsWith = ({ summary, minutes }: Folded, provisional: readonly OutcomeItem[], now: number) => ({
  totals: provisional.reduce<Summary>(combine, summary),
  minutes: addMinutes(minutes, provisional, now),
})

/** A store gives moments whole: what it left out is later than the last item that it gave. */
const lastOf = ({ items }: Page): number => items.at(-1)?.at ?? 0

/** The order in which outcomes add up, the same in every sweep. */
export const byTime = (a: OutcomeItem, b: OutcomeItem): number =>
  a.at - b.at || (a.invocation < b.invocation ? -1 : a.invocation > b.invocation ? 1 : 0)
