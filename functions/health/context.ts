import type { Evidence } from '../core/evidence/evidence.ts'
import type { View } from '../core/record/record.ts'
import { issueCode } from '../core/rules/issue.ts'
import type { CachedReading } from './record-cache.ts'
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
}

/** `full` for requests with the right token and where no token is configured, `reduced` for all other requests. */
export interface Rendering {
  good: boolean
  full: object
  reduced: object
}

/** The evidence, if it is not stale. */
export const freshEvidence = (view: View): Evidence | null =>
  view.status === 'unknown' ? null : (view.record?.evidence ?? null)

/** The part of a view that is public. It contains no number, name, address or text from outside. */
export const publicPart = ({ mode, issues, warnings, ageSeconds }: View) => ({
  mode,
  issues: issues.map(issueCode),
  warnings: warnings.map(issueCode),
  evidence: { ageSeconds },
})

export const isoTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
