import type { IssueCode } from '../../contract/issues.ts'
import { runbookOf } from '../rules/issue.ts'
import type { TraceEntry } from '../rules/rule.ts'
import type { ReadinessRecord, RecordReading, View } from './record.ts'

/** Evidence older than this many sweep periods proves nothing any more. */
const STALE_PERIODS = 3
/** A table that does not answer is lived with for as long, on the last record known. */
const UNREACHABLE_MS = 10_000
/** Clocks are corrected to about 2 s; a record further ahead than this was not written by a sound sweep. */
const AHEAD_MS = 30_000

export interface ViewSettings {
  sweepSeconds: number
}

/**
 * What every surface shows at `now`. Only a record that is there, whole, of our schema and fresh speaks for itself;
 * everything else is `unknown`, whatever it said. An unknown view shows one issue, why nothing can be told; what was
 * last known stays in `record`.
 */
export function viewOf(reading: RecordReading, now: number, settings: ViewSettings): View {
  const maxAgeSeconds = STALE_PERIODS * settings.sweepSeconds
  switch (reading.kind) {
    case 'record':
      return judgedView(reading.record, now, maxAgeSeconds)
    case 'missing':
      return unreadableView('missing', null, reading.readAt, now, maxAgeSeconds)
    case 'unreadable':
      return unreadableView(reading.why, null, reading.readAt, now, maxAgeSeconds)
    case 'unreachable': {
      const { last, failingSince } = reading
      if (last !== null && now - failingSince < UNREACHABLE_MS) return judgedView(last, now, maxAgeSeconds)
      return unreadableView('unreachable', last, failingSince, now, maxAgeSeconds)
    }
  }
}

/** Whether what this record says is too old to be told. */
export const isStale = ({ sweptAt }: ReadinessRecord, now: number, settings: ViewSettings): boolean =>
  now - sweptAt > STALE_PERIODS * settings.sweepSeconds * 1000

function judgedView(record: ReadinessRecord, now: number, maxAgeSeconds: number): View {
  const { sweptAt } = record
  if (!(sweptAt <= now + AHEAD_MS)) return unreadableView('from the future', null, now, now, maxAgeSeconds)
  const seen = seenAt(record, now, maxAgeSeconds)
  if (now - sweptAt <= maxAgeSeconds * 1000) {
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

/** Corrupt records hold numbers that are no dates. */
function validIsoTime(at: number): string | null {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
