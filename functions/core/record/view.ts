import type { IssueCode } from '../../contract/issues.ts'
import type { Settings } from '../../contract/settings.ts'
import { runbookOf } from '../rules/issue.ts'
import type { TraceEntry } from '../rules/rule.ts'
import { type LiveAdmission, type LiveSettings, liveVerdict } from './live-verdict.ts'
import type { ReadinessRecord, RecordReading, View } from './record.ts'

/** Evidence that is older than this many sweep periods is stale. */
const STALE_PERIODS = 3
/** While the table does not answer, the last known record is shown for this long. */
const UNREACHABLE_MS = 10_000
/** Clocks are corrected to about 2 s. A record further ahead than this was written by a broken sweep. */
const AHEAD_MS = 30_000

export type ViewSettings = Sweeping & LiveSettings
export type Sweeping = Pick<Settings, 'sweepSeconds'>

/**
 * What every view shows at `now`. Only a record that exists, is complete, has our schema and is fresh determines the
 * status; in every other case the status is `unknown`. An unknown view shows one issue, which says why nothing is
 * known. The last known record stays in `record`. `admission`: the item, where it is known now; what it says of pause,
 * keys, breakers, route and solves is newer than the record.
 */
export function viewOf(
  reading: RecordReading,
  now: number,
  settings: ViewSettings,
  admission: LiveAdmission | null = null,
): View {
  const maxAgeSeconds = STALE_PERIODS * settings.sweepSeconds
  const judged = (record: ReadinessRecord) => judgedView(record, admission, now, settings)
  switch (reading.kind) {
    case 'record':
      return judged(reading.record)
    case 'missing':
      return unreadableView('missing', null, reading.readAt, now, maxAgeSeconds)
    case 'unreadable':
      return unreadableView(reading.why, null, reading.readAt, now, maxAgeSeconds)
    case 'unreachable': {
      const { last, failingSince } = reading
      if (last !== null && now - failingSince < UNREACHABLE_MS) return judged(last)
      return unreadableView('unreachable', last, failingSince, now, maxAgeSeconds)
    }
  }
}

/** Whether this record is too old to be shown as current. */
export const isStale = ({ sweptAt }: ReadinessRecord, now: number, settings: Sweeping): boolean =>
  now > staleAt({ sweptAt }, settings)

/** From then on, without another sweep, the views show `unknown`. */
export const staleAt = ({ sweptAt }: Pick<ReadinessRecord, 'sweptAt'>, { sweepSeconds }: Sweeping): number =>
  sweptAt + STALE_PERIODS * sweepSeconds * 1000

function judgedView(
  record: ReadinessRecord,
  admission: LiveAdmission | null,
  now: number,
  settings: ViewSettings,
): View {
  const { sweptAt } = record
  const maxAgeSeconds = STALE_PERIODS * settings.sweepSeconds
  if (!(sweptAt <= now + AHEAD_MS)) return unreadableView('from the future', null, now, now, maxAgeSeconds)
  const seen = seenAt(record, now, maxAgeSeconds)
  if (now - sweptAt <= maxAgeSeconds * 1000) {
    if (admission !== null) return { ...seen, ...liveVerdict(record, admission, now, settings) }
    const { status, issues, warnings, trace } = record
    return { ...seen, status, issues, warnings, trace }
  }
  const rule: IssueCode = 'stale_evidence'
  const age = Math.floor((now - sweptAt) / 1000)
  const since = validIsoTime(sweptAt + maxAgeSeconds * 1000)
  const entry = { rule, observed: age, threshold: maxAgeSeconds, since, runbook: runbookOf(rule) }
  return unknownView(seen, `${rule}=${age}s`, entry)
}

function unreadableView(why: string, last: ReadinessRecord | null, since: number, now: number, maxAge: number): View {
  const rule: IssueCode = 'record_unreadable'
  const entry = { rule, observed: why, threshold: null, since: validIsoTime(since), runbook: runbookOf(rule) }
  return unknownView(seenAt(last, now, maxAge), rule, entry)
}

type Shown = Pick<View, 'mode' | 'sweptAt' | 'ageSeconds' | 'maxAgeSeconds' | 'record'>

function seenAt(record: ReadinessRecord | null, now: number, maxAgeSeconds: number): Shown {
  if (record === null) return { mode: 'normal', sweptAt: null, ageSeconds: null, maxAgeSeconds, record }
  const { mode, sweptAt } = record
  const ageSeconds = Math.max(0, Math.floor((now - sweptAt) / 1000))
  return { mode, sweptAt, ageSeconds, maxAgeSeconds, record }
}

const unknownView = (seen: Shown, issue: string, entry: TraceEntry): View => ({
  ...seen,
  status: 'unknown',
  issues: [issue],
  warnings: [],
  trace: [entry],
})

/** A corrupt record can contain numbers that are not dates. */
function validIsoTime(at: number): string | null {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
