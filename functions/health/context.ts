import type { Evidence } from '../core/evidence/evidence.ts'
import type { DeepRun } from '../core/record/deep-run.ts'
import type { View } from '../core/record/record.ts'
import { issueCode, servedRunbookOf } from '../core/rules/issue.ts'
import type { StoredHistory } from './history-cache.ts'
import type { CachedReading } from './record-cache.ts'
import type { CheckLine, Grade } from './rendering.ts'
import type { HealthSettings } from './settings.ts'

/** Facts that the function knows without reading anything. */
export interface FunctionFacts {
  settings: HealthSettings
  /** The configured providers, in order of preference. */
  providers: readonly string[]
  version: string
  uptimeMs: () => number
}

/** The fleet at one moment; every view is rendered from this. */
export interface HealthContext {
  now: number
  look: CachedReading
  view: View
  self: FunctionFacts
  /** For the views that show dependencies. Null: none was made, it cannot be read, or the view does not need it. */
  lastRun: DeepRun | null
  /** The stored history, read when it is asked for; null: it cannot be read. */
  history: () => Promise<StoredHistory | null>
}

/** The evidence, if it is not stale. */
export const freshEvidence = (view: View): Evidence | null =>
  view.status === 'unknown' ? null : (view.record?.evidence ?? null)

/**
 * What decides whose tasks are admitted: the mode of the admission item, which is the one that the admitter reads. Where
 * the item is not known, the mode of the last sweep, which writes the item's.
 */
export const admittedBy = ({ view: { mode, issues }, look }: Pick<HealthContext, 'view' | 'look'>) => ({
  mode: look.admission?.control.mode ?? mode,
  issues,
})

/** The part of a view that is public. It contains no number, name, address or text from outside. */
export const publicPart = ({ mode, issues, warnings, ageSeconds }: View) => ({
  mode,
  issues: issues.map(issueCode),
  warnings: warnings.map(issueCode),
  evidence: { ageSeconds },
})

/** The issues and warnings as lines of a report, with their values and their sections of the runbook. */
export const ruleLines = ({ issues, warnings }: View): CheckLine[] =>
  linesOf(issues, warnings, (text) => text).map((line) => ({ ...line, runbook: servedRunbookOf(line.name) }))

/** The same without their values. */
export const publicRuleLines = ({ issues, warnings }: View): CheckLine[] => linesOf(issues, warnings, issueCode)

const linesOf = (issues: string[], warnings: string[], saysOf: (text: string) => string): CheckLine[] => [
  ...issues.map((text) => ({ name: issueCode(text), grade: 'fail', says: saysOf(text) }) as const),
  ...warnings.map((text) => ({ name: issueCode(text), grade: 'warn', says: `warning: ${saysOf(text)}` }) as const),
]

/** The grade of a view that is good: the fleet may be ready and not at its best. */
export const gradeOf = (good: boolean, { status }: View): Grade =>
  !good ? 'fail' : status === 'degraded' ? 'warn' : 'pass'

export const isoTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
