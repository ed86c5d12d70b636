import type { RuleCode } from '../../contract/issues.ts'
import type { Settings } from '../../contract/settings.ts'
import type { Mode } from '../admission/item/admission.ts'
import type { Evidence } from '../evidence/evidence.ts'

/** The settings that the rules read. */
export type RuleSettings = Pick<
  Settings,
  | 'streakFailures'
  | 'noSolveSeconds'
  | 'stalledSeconds'
  | 'minBalance'
  | 'balanceSeconds'
  | 'providerTimeoutSeconds'
  | 'queueCapacity'
  | 'degradedQueueDepth'
  | 'degradedErrorRate'
  | 'emergencyErrorRate'
>

/**
 * One rule that fires. `subject` distinguishes two findings of one rule; `value` is the text after `=` in the issue.
 */
export interface Finding<Code extends RuleCode = RuleCode> {
  severity: 'issue' | 'warning'
  rule: Code
  subject?: string
  value?: string
  observed: number | string | null
  threshold: number | string | null
  /** When that began, where the evidence tells it. Absent: at the first sweep that finds it. */
  since?: number
}

/** The rule that raises one code. `Read`: the settings that it reads. */
export type Rule<Code extends RuleCode, Read extends keyof RuleSettings = keyof RuleSettings> = (
  evidence: Evidence,
  settings: Pick<RuleSettings, Read>,
) => Finding<Code>[]

export const findingIf = <Code extends RuleCode>(fires: boolean, finding: Finding<Code>): Finding<Code>[] =>
  fires ? [finding] : []

export const inSeconds = (seconds: number): string => `${Math.floor(seconds)}s`
export const asRate = (rate: number | null): string => (rate ?? 0).toFixed(2)
export const rounded = (rate: number | null): number | null => (rate === null ? null : Math.round(rate * 1e4) / 1e4)

/** The readiness record: what the last sweep saw and judged. Ages are never stored; they are computed when read. */

/** `unknown` is never stored: a reader shows it when the evidence is missing, stale or unreadable. */
export type JudgedStatus = 'ready' | 'degraded' | 'not_ready'

/** One rule that fires. `rule` is the code of the issue or warning, the text before `=`. */
export interface TraceEntry {
  rule: string
  observed: number | string | null
  threshold: number | string | null
  /** The time (ISO 8601) of the first sweep at which the rule fired, without a break since then. */
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
