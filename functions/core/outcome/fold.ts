import { addMinutes, type MinuteBucket } from './minutes.ts'
import { combine, EMPTY_SUMMARY, type OutcomeItem, type Summary } from './summary.ts'

/** Every outcome up to `cursor`, in order of time, as one summary. */
export interface Folded {
  cursor: number
  summary: Summary
  minutes: MinuteBucket[]
}
export const NOTHING_FOLDED: Folded = { cursor: 0, summary: EMPTY_SUMMARY, minutes: [] }

/**
 * The items of one shard that are later than the cursor, oldest first. `more`: later items exist that were not read.
 */
interface Page {
  items: OutcomeItem[]
  more: boolean
}

interface Step {
  folded: Folded
  /** The items that this step folded, in order of time. Exactly one step folds each item. */
  final: OutcomeItem[]
  /** Items younger than the settling lag. They are shown provisionally and read again by the next sweep. */
  provisional: OutcomeItem[]
  /** Up to this time every outcome was read. */
  watermark: number
}

/**
 * Folds one page of every shard. The cursor does not pass the settling lag, because a late writer may still add an item
 * there. It does not pass the end of an incomplete page, because unread items follow there.
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

/** The totals of the folded items and the provisional items together. */
export const totalsWith = ({ summary, minutes }: Folded, provisional: readonly OutcomeItem[], now: number) => ({
  totals: provisional.reduce<Summary>(combine, summary),
  minutes: addMinutes(minutes, provisional, now),
})

/**
 * The time of the page's last item. The store never splits the items of one moment, so an unread item is later than
 * this.
 */
const lastOf = ({ items }: Page): number => items.at(-1)?.at ?? 0

/** The order in which outcomes are combined; it is the same in every sweep. */
export const byTime = (a: OutcomeItem, b: OutcomeItem): number =>
  a.at - b.at || (a.invocation < b.invocation ? -1 : a.invocation > b.invocation ? 1 : 0)
