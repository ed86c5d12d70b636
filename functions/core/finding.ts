import type { Evidence } from './readiness.ts'

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

export const speakIf = (speaks: boolean, finding: Finding): Finding[] => (speaks ? [finding] : [])

export const inSeconds = (seconds: number): string => `${Math.floor(seconds)}s`
export const asRate = (rate: number | null): string => (rate ?? 0).toFixed(2)
export const rounded = (rate: number | null): number | null => (rate === null ? null : Math.round(rate * 1e4) / 1e4)
