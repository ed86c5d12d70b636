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

const paused: Rule = ({ paused }) =>
  findingIf(paused, { severity: 'issue', rule: 'paused', observed: null, threshold: null })

const spendLimit: Rule = ({ spendLimit }) =>
  findingIf(spendLimit !== null, {
    severity: 'issue',
    rule: 'spend_limit',
    value: spendLimit ?? '',
    observed: spendLimit,
    threshold: null,
  })

/** Every rule there is, in the order in which they are shown. */
export const RULES: readonly Rule[] = [
  paused,
  secretUnreadable,
  apiKeyRefused,
  noUsableProvider,
  noThreads,
  lowBalance,
  spendLimit,
  consecutiveFailures,
  noSolveFor,
  stalledFor,
  overdue,
  errorRate,
  queueFull,
  starting,
  onBackup,
  balanceUnknown,
  providerSlow,
  clientErrors,
]
