import type { Histogram } from '../outcome/summary.ts'
import type { JudgedStatus } from '../rules/rule.ts'

/** What the views showed in one UTC hour or day. */
export interface HistoryBucket {
  span: Span
  /** Its beginning, milliseconds since 1970. */
  at: number
  /** Seconds for which each state was shown. Of the rest of the time nothing is known. */
  seconds: Record<JudgedStatus | 'unknown', number>
  solved: number
  /** Failed and expired. */
  failed: number
  solveSeconds: Histogram
}

export type Span = 'hour' | 'day'

/** The part of the history that the record itself holds. */
export interface RunningHistory {
  hour: HistoryBucket
  day: HistoryBucket
  /** Buckets that are over and not stored yet, the oldest first. */
  finished: HistoryBucket[]
}

export const SPAN_MS: Readonly<Record<Span, number>> = { hour: 3_600_000, day: 86_400_000 }

export const startOf = (span: Span, at: number): number => Math.floor(at / SPAN_MS[span]) * SPAN_MS[span]

export const emptyBucket = (span: Span, at: number): HistoryBucket => ({
  ...{ span, at, seconds: { ready: 0, degraded: 0, not_ready: 0, unknown: 0 } },
  ...{ solved: 0, failed: 0, solveSeconds: [] },
})
