import type { Evidence } from '../../core/evidence/evidence.ts'
import type { ProviderFacts } from '../../core/evidence/provider-facts.ts'
import type { Stated } from '../../core/record/headline.ts'
import type { StateChange } from '../../core/record/record.ts'
import { stateSince } from '../../core/record/state-since.ts'
import { issueCode } from '../../core/rules/issue.ts'
import type { TraceEntry } from '../../core/rules/rule.ts'
import type { Check } from '../checks/check.ts'
import { checksOf } from '../checks/checks-of.ts'
import { freshEvidence, type HealthContext } from '../context.ts'
import { statsOf } from '../ready.ts'
import type { HealthSettings } from '../settings.ts'

/** What the page is rendered from. Whatever its reader may not see is not in it, so no section has to think of that. */
export interface PageSource extends Stated {
  now: number
  /** When the shown state began; null: nobody knows. */
  since: number | null
  ageSeconds: number | null
  changes: readonly StateChange[]
  /** Dependency → its check, as `/health/dependencies` shows it. */
  checks: Readonly<Record<string, Pick<Check, 'status'> & Partial<Check>>>
  details: PageDetails | null
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
}

export function fullSource(seen: HealthContext): PageSource {
  const { view, now, self } = seen
  return {
    ...{ now, since: stateSince(view), ageSeconds: view.ageSeconds, changes: view.record?.changes ?? [] },
    ...{ status: view.status, mode: view.mode, issues: view.issues, warnings: view.warnings },
    checks: checksOf(seen),
    details: {
      trace: view.trace,
      evidence: freshEvidence(view),
      providers: view.record?.evidence.providers ?? [],
      activeProvider: view.record?.activeProvider ?? null,
      stats: statsOf(view.record, now),
      settings: self.settings,
    },
  }
}

/** For everybody: no number, name, address or text from outside, but the times at which the state changed. */
export function reducedSource(seen: HealthContext): PageSource {
  const { checks, changes, issues, warnings, ...source } = fullSource(seen)
  return {
    ...source,
    issues: issues.map(issueCode),
    warnings: warnings.map(issueCode),
    changes: changes.map(({ at, status, reasons }) => ({ at, status, reasons: reasons.map(issueCode) })),
    checks: Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, { status }])),
    details: null,
  }
}
