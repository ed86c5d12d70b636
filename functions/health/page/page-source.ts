import type { Evidence } from '../../core/evidence/evidence.ts'
import { liveEvidence } from '../../core/evidence/fleet-control.ts'
import type { ProviderFacts } from '../../core/evidence/provider-facts.ts'
import type { FleetChange } from '../../core/outcome/change.ts'
import { addHistograms, type Histogram } from '../../core/outcome/summary.ts'
import type { Stated } from '../../core/record/headline.ts'
import type { StateChange } from '../../core/record/record.ts'
import { stateSince } from '../../core/record/state-since.ts'
import { issueCode } from '../../core/rules/issue.ts'
import type { TraceEntry } from '../../core/rules/rule.ts'
import type { Check } from '../checks/check.ts'
import { checksOf } from '../checks/checks-of.ts'
import { admittedBy, type HealthContext } from '../context.ts'
import { SHOWN_DAYS, SHOWN_HOURS, type StoredHistory } from '../history-cache.ts'
import { statsOf } from '../ready.ts'
import type { HealthSettings } from '../settings.ts'
import { type Bar, barsOf } from './history-bars.ts'

/** What the page is rendered from. Whatever its reader may not see is not in it, so no section has to think of that. */
export interface PageSource extends Stated {
  now: number
  /** When the shown state began; null: nobody knows. */
  since: number | null
  ageSeconds: number | null
  /** What decides whose tasks are admitted. */
  admitted: ReturnType<typeof admittedBy>
  changes: readonly StateChange[]
  /** Dependency → its check, as `/health/dependencies` shows it. */
  checks: Readonly<Record<string, Pick<Check, 'status'> & Partial<Check>>>
  history: PageHistory
  details: PageDetails | null
}

interface PageHistory {
  hours: readonly Bar[]
  days: readonly Bar[]
  /** False: the stored part cannot be read now. */
  isWhole: boolean
}

/** For readers with the token only. */
interface PageDetails {
  trace: readonly TraceEntry[]
  /** Null: the evidence is stale or missing, so nothing is known about the present load. */
  evidence: Evidence | null
  /** The accounts, each as it was when it was last read. */
  providers: readonly ProviderFacts[]
  activeProvider: string | null
  stats: ReturnType<typeof statsOf>
  settings: HealthSettings
  /** What workers changed of breakers, keys and routes lately. */
  fleetChanges: readonly FleetChange[]
  /** Solve times of the last 24 hours, all methods. */
  solveSeconds: Histogram
}

export function fullSource(seen: HealthContext, stored: StoredHistory | null): PageSource {
  const { view, now, self } = seen
  const evidence = evidenceNow(seen)
  const running = view.record?.history ?? null
  const until = view.status === 'unknown' ? now : (view.record?.evidence.ranAt ?? now)
  const hours = barsOf(stored, running, { span: 'hour', count: SHOWN_HOURS, until })
  return {
    ...{ now, since: stateSince(view), ageSeconds: view.ageSeconds, changes: view.record?.changes ?? [] },
    ...{ status: view.status, mode: view.mode, issues: view.issues, warnings: view.warnings },
    admitted: admittedBy(seen),
    checks: checksOf(seen),
    history: {
      hours,
      days: barsOf(stored, running, { span: 'day', count: SHOWN_DAYS, until }),
      isWhole: stored !== null,
    },
    details: {
      trace: view.trace,
      evidence: view.status === 'unknown' ? null : evidence,
      providers: evidence?.providers ?? [],
      activeProvider: evidence?.activeProvider ?? null,
      stats: statsOf(view.record, now),
      settings: self.settings,
      fleetChanges: view.record?.evidence.totals.changes ?? [],
      solveSeconds: hours.map(({ solveSeconds }) => solveSeconds).reduce(addHistograms, []),
    },
  }
}

/** The last evidence, with what the admission item says now of breakers, keys and route. */
function evidenceNow({ view, look, now }: HealthContext): Evidence | null {
  const evidence = view.record?.evidence ?? null
  const control = look.admission?.control ?? null
  return evidence === null || control === null ? evidence : liveEvidence(evidence, control, now)
}

/** For everybody: no number, name, address or text from outside, but when the state was which. */
export function reducedSource(seen: HealthContext, stored: StoredHistory | null): PageSource {
  const { checks, changes, history, issues, warnings, ...source } = fullSource(seen, stored)
  return {
    ...source,
    issues: issues.map(issueCode),
    warnings: warnings.map(issueCode),
    admitted: { ...source.admitted, issues: issues.map(issueCode) },
    changes: changes.map(({ at, status, reasons }) => ({ at, status, reasons: reasons.map(issueCode) })),
    checks: Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, { status }])),
    history: { ...history, hours: history.hours.map(withoutCounts), days: history.days.map(withoutCounts) },
    details: null,
  }
}

const withoutCounts = (bar: Bar): Bar => ({ ...bar, solved: 0, failed: 0, solveSeconds: [] })
