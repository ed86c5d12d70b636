import type { Histogram } from '../../core/outcome/summary.ts'
import {
  emptyBucket,
  type HistoryBucket,
  type RunningHistory,
  SPAN_MS,
  type Span,
  startOf,
} from '../../core/record/history-bucket.ts'
import type { StoredHistory } from '../history-cache.ts'

/** One hour or day, as shares of its time from 0 to 1. What is left to 1 is time of which nothing is known. */
export interface Bar {
  at: number
  ready: number
  degraded: number
  notReady: number
  /** Seconds of it that have passed. */
  passed: number
  solved: number
  failed: number
  solveSeconds: Histogram
}

/** How the stretch was as a whole; null: nothing is known of it. */
export interface Total {
  /** The share of the passed time of which something is known. */
  coverage: number
  /** Shares of the known time. */
  ready: number
  degraded: number
  notReady: number
}

/**
 * The last `count` hours or days, the running one last. `until`: what the record knows ends here, so the running bar
 * ends here too.
 */
export function barsOf(
  stored: StoredHistory | null,
  running: RunningHistory | null,
  { span, count, until }: { span: Span; count: number; until: number },
): Bar[] {
  const kept = running === null ? [] : [...running.finished, running[span]]
  const known = [...((span === 'hour' ? stored?.hours : stored?.days) ?? []), ...kept]
  const byTime = new Map(known.filter((bucket) => bucket.span === span).map((bucket) => [bucket.at, bucket]))
  const last = startOf(span, until)
  return Array.from({ length: count }, (_, i) => {
    const at = last - (count - 1 - i) * SPAN_MS[span]
    return barOf(byTime.get(at) ?? emptyBucket(span, at), until)
  })
}

function barOf({ span, at, seconds, solved, failed, solveSeconds }: HistoryBucket, until: number): Bar {
  const passed = Math.max(0, Math.min(SPAN_MS[span], until - at)) / 1000
  const { ready, degraded, not_ready: notReady } = seconds
  const whole = Math.max(passed, ready + degraded + notReady, 1e-9)
  const shares = { ready: ready / whole, degraded: degraded / whole, notReady: notReady / whole }
  return { at, passed, ...shares, solved, failed, solveSeconds }
}

export function totalOf(bars: readonly Bar[]): Total | null {
  const sum = (read: (bar: Bar) => number) => bars.reduce((all, bar) => all + bar.passed * read(bar), 0)
  const [ready, degraded, notReady, passed] = [
    sum((bar) => bar.ready),
    sum((bar) => bar.degraded),
    sum((bar) => bar.notReady),
    sum(() => 1),
  ]
  const known = ready + degraded + notReady
  if (known === 0) return null
  return { coverage: known / passed, ready: ready / known, degraded: degraded / known, notReady: notReady / known }
}
