/**
 * Codes of issues and warnings: what stands before `=` in an issue, in the trace of the record, and as a heading of
 * docs/runbook.md. A closed list: a name that is not here does not compile.
 */

/** Codes that a rule of the sweep raises, in the order in which they are shown. */
const RULE_CODES = [
  'paused',
  'secret_unreadable',
  'api_key_refused',
  'no_usable_provider',
  'circuit_open',
  'no_threads',
  'low_balance',
  'spend_limit',
  'consecutive_failures',
  'no_solve_for',
  'stalled_for',
  'overdue',
  'error_rate',
  'queue_full',
  'starting',
  'on_backup',
  'balance_unknown',
  'provider_slow',
  'client_errors',
  'unproven',
] as const

/** Of these, the codes that a view judges anew by the admission item; see LIVE_RULES. */
export type LiveCode = Extract<
  RuleCode,
  'paused' | 'api_key_refused' | 'no_usable_provider' | 'circuit_open' | 'on_backup'
>

export type RuleCode = (typeof RULE_CODES)[number]

/** Beside the rules: codes that a reader of the record raises. */
export const ISSUE_CODES = [...RULE_CODES, 'stale_evidence', 'record_unreadable'] as const

export type IssueCode = (typeof ISSUE_CODES)[number]
