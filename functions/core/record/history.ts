import { addHistograms, type Summary } from '../outcome/summary.ts'
import { emptyBucket, type HistoryBucket, type RunningHistory, SPAN_MS, type Span, startOf } from './history-bucket.ts'
import type { ReadinessRecord, Status } from './record.ts'
import { type Sweeping, staleAt } from './view.ts'

/** Buckets that wait to be stored; a table that cannot be written for longer loses the oldest. */
const KEPT_FINISHED = 50
/** After a longer gap between two sweeps the buckets in between are left out: nobody knows anything of them. */
const MOST_BUCKETS = 50

/**
 * The history after one sweep. The time since the last sweep belongs to the state that the views showed then: that of
 * the last record, until its evidence was stale. `newlyFolded`: the outcomes that this sweep's cursor passed.
 */
export function historyAfter(
  last: ReadinessRecord | null,
  now: number,
  newlyFolded: Summary,
  settings: Sweeping,
): RunningHistory {
  const shown = last === null ? [] : shownSince(last, now, settings)
  const next = (span: Span) => {
    const at = startOf(span, now)
    const from = last?.history?.[span] ?? emptyBucket(span, at)
    return advance(from.at > at ? emptyBucket(span, at) : from, at, shown)
  }
  const [hours, days] = [next('hour'), next('day')]
  return {
    hour: plusOutcomes(hours.running, newlyFolded),
    day: plusOutcomes(days.running, newlyFolded),
    finished: [...(last?.history?.finished ?? []), ...hours.finished, ...days.finished].slice(-KEPT_FINISHED),
  }
}

interface Stretch {
  status: Status
  from: number
  to: number
}

function shownSince(last: ReadinessRecord, now: number, settings: Sweeping): Stretch[] {
  const from = last.evidence.ranAt
  const until = Math.min(now, Math.max(from, staleAt(last, settings)))
  return [
    { status: last.status, from, to: until },
    { status: 'unknown', from: until, to: now },
  ]
}

/** The bucket that runs at `at`, and those that were finished on the way there and know anything. */
function advance(from: HistoryBucket, at: number, shown: readonly Stretch[]) {
  const length = SPAN_MS[from.span]
  const finished: HistoryBucket[] = []
  let running = plusShown(from, shown)
  while (running.at < at) {
    if (knowsAnything(running)) finished.push(running)
    const next = at - running.at > MOST_BUCKETS * length ? at : running.at + length
    running = plusShown(emptyBucket(from.span, next), shown)
  }
  return { running, finished }
}

function plusShown(bucket: HistoryBucket, shown: readonly Stretch[]): HistoryBucket {
  const end = bucket.at + SPAN_MS[bucket.span]
  const seconds = { ...bucket.seconds }
  for (const { status, from, to } of shown) {
    const inside = Math.min(to, end) - Math.max(from, bucket.at)
    if (inside > 0) seconds[status] += inside / 1000
  }
  return { ...bucket, seconds }
}

const plusOutcomes = (bucket: HistoryBucket, outcomes: Summary): HistoryBucket => ({
  ...bucket,
  solved: bucket.solved + outcomes.solved,
  failed: bucket.failed + outcomes.failed + outcomes.expiredSubmitted + outcomes.expiredWaiting,
  solveSeconds: Object.values(outcomes.solveSeconds).reduce(addHistograms, bucket.solveSeconds),
})

const knowsAnything = ({ seconds, solved, failed }: HistoryBucket): boolean =>
  Object.values(seconds).some((each) => each > 0) || solved + failed > 0
