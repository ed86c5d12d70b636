import type { Evidence } from '../evidence/evidence.ts'

/** The settings that the rules read; a part of those of contract.ts, which core does not import. */
export interface RuleSettings {
  streakFailures: number
  noSolveSeconds: number
  stalledSeconds: number
  /** Null: nobody has set it. */
  minBalance: number | null
  balanceSeconds: number
  providerTimeoutSeconds: number
  queueCapacity: number
  degradedQueueDepth: number
  degradedErrorRate: number
  emergencyErrorRate: number
}

/** One rule that speaks. `subject` tells two of the same rule apart, `value` is what the issue says after `=`. */
export interface Finding {
  severity: 'issue' | 'warning'
  rule: string
  subject?: string
  value?: string
  observed: number | string | null
  threshold: number | string | null
}

export type Rule = (evidence: Evidence, settings: RuleSettings) => Finding[]

export const findingIf = (speaks: boolean, finding: Finding): Finding[] => (speaks ? [finding] : [])

export const inSeconds = (seconds: number): string => `${Math.floor(seconds)}s`
export const asRate = (rate: number | null): string => (rate ?? 0).toFixed(2)
export const rounded = (rate: number | null): number | null => (rate === null ? null : Math.round(rate * 1e4) / 1e4)

/** The readiness record: what the last sweep saw and judged. Ages are never stored; they are computed when read. */

export type Mode = 'normal' | 'degraded' | 'emergency'

/** `unknown` is never stored: it is what a reader says of evidence that is missing, stale or unreadable. */
export type JudgedStatus = 'ready' | 'degraded' | 'not_ready'

/** One rule that speaks. `rule` is the code of the issue or warning, the text before `=`. */
export interface TraceEntry {
  rule: string
  observed: number | string | null
  threshold: number | string | null
  /** ISO 8601 of the sweep that first saw it, without a break since. */
  since: string | null
  /** Section of docs/runbook.md, for example `docs/runbook.md#consecutive-failures`. */
  runbook: string
}

export interface Verdict {
  status: JudgedStatus
  mode: Mode
  /** `consecutive_failures=12`; the closed list of docs/contracts.md. */
  issues: string[]
  warnings: string[]
  trace: TraceEntry[]
}
