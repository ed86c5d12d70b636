import type { RuleCode } from '../../contract/issues.ts'
import {
  apiKeyRefused,
  balanceUnknown,
  lowBalance,
  noThreads,
  noUsableProvider,
  onBackup,
  providerSlow,
  secretUnreadable,
} from './account-rules.ts'
import { overdue } from './overdue.ts'
import { findingIf, type Rule } from './rule.ts'
import {
  clientErrors,
  consecutiveFailures,
  errorRate,
  noSolveFor,
  queueFull,
  stalledFor,
  starting,
} from './task-rules.ts'

const paused: Rule<'paused'> = ({ paused }) =>
  findingIf(paused, { severity: 'issue', rule: 'paused', observed: null, threshold: null })

const spendLimit: Rule<'spend_limit'> = ({ spendLimit }) =>
  findingIf(spendLimit !== null, {
    severity: 'issue',
    rule: 'spend_limit',
    value: spendLimit ?? '',
    observed: spendLimit,
    threshold: null,
  })

/** Every rule, in the order in which the findings are shown. */
export const RULES: { readonly [Code in RuleCode]: Rule<Code> } = {
  paused,
  secret_unreadable: secretUnreadable,
  api_key_refused: apiKeyRefused,
  no_usable_provider: noUsableProvider,
  no_threads: noThreads,
  low_balance: lowBalance,
  spend_limit: spendLimit,
  consecutive_failures: consecutiveFailures,
  no_solve_for: noSolveFor,
  stalled_for: stalledFor,
  overdue,
  error_rate: errorRate,
  queue_full: queueFull,
  starting,
  on_backup: onBackup,
  balance_unknown: balanceUnknown,
  provider_slow: providerSlow,
  client_errors: clientErrors,
}
