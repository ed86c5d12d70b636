import { codeOf } from '../core/issue-code.ts'
import type { Evidence, View } from '../core/readiness.ts'
import type { Look } from './record-cache.ts'
import type { HealthSettings } from './settings.ts'

/** What the function knows without looking. */
export interface Self {
  settings: HealthSettings
  /** The providers that are configured, in order of preference. */
  providers: readonly string[]
  version: string
  uptimeMs: () => number
}

/** The fleet at one moment: everything that a view is rendered from. */
export interface Seen {
  now: number
  look: Look
  view: View
  self: Self
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
  issues: issues.map(codeOf),
  warnings: warnings.map(codeOf),
  evidence: { ageSeconds },
})

export const isoOf = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString())
