import type { Evidence } from '../core/evidence/evidence.ts'
import type { View } from '../core/record/record.ts'
import { issueCode } from '../core/rules/issue.ts'
import type { CachedReading } from './record-cache.ts'
import type { HealthSettings } from './settings.ts'

/** What the function knows without looking. */
export interface FunctionFacts {
  settings: HealthSettings
  /** The providers that are configured, in order of preference. */
  providers: readonly string[]
  version: string
  uptimeMs: () => number
}

/** The fleet at one moment: everything that a view is rendered from. */
export interface HealthContext {
  now: number
  look: CachedReading
  view: View
  self: FunctionFacts
}

/** `full` for those who know the token or where none is configured, `reduced` for everybody else. */
export interface Rendering {
  good: boolean
  full: object
  reduced: object
}

/** Evidence that may still be relied on. */
export const freshEvidence = (view: View): Evidence | null =>
  view.status === 'unknown' ? null : (view.record?.evidence ?? null)

/** What anybody may know of any view: no number, name, address or text from outside is in it. */
export const publicPart = ({ mode, issues, warnings, ageSeconds }: View) => ({
  mode,
  issues: issues.map(issueCode),
  warnings: warnings.map(issueCode),
  evidence: { ageSeconds },
})

export const isoTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
