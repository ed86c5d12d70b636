import type { LiveCode, RuleCode } from '../../contract/issues.ts'
import type { Evidence } from '../evidence/evidence.ts'
import {
  apiKeyRefused,
  balanceUnknown,
  circuitOpen,
  lowBalance,
  noThreads,
  noUsableProvider,
  onBackup,
  providerSlow,
  secretUnreadable,
} from './account-rules.ts'
import { issueCode } from './issue.ts'
import { overdue } from './overdue.ts'
import { type Finding, findingIf, inSeconds, type Rule, type RuleSettings } from './rule.ts'
import {
  clientErrors,
  consecutiveFailures,
  errorRate,
  noSolveFor,
  queueFull,
  stalledFor,
  starting,
} from './task-rules.ts'

const paused: Rule<'paused', 'minBalance'> = ({ pause }) =>
  pause === null
    ? []
    : [
        {
          severity: 'issue',
          rule: 'paused',
          observed: `${pause.by}: ${pause.reason}`,
          threshold: null,
          since: pause.at,
        },
      ]

const spendLimit: Rule<'spend_limit'> = ({ spendLimit }) =>
  findingIf(spendLimit !== null, {
    severity: 'issue',
    rule: 'spend_limit',
    value: spendLimit ?? '',
    observed: spendLimit,
    threshold: null,
  })

/** Rules about failures. Failures get old: an hour later, if no task has ended since, they are a warning only. */
const FAILURES = [consecutiveFailures, noSolveFor, overdue, errorRate] as const

const whileProven =
  <Code extends RuleCode>(rule: Rule<Code>): Rule<Code> =>
  (evidence, settings) =>
    evidence.unproven ? [] : rule(evidence, settings)

const unproven: Rule<'unproven'> = (evidence, settings) => {
  const seconds = (evidence.ranAt - (evidence.totals.lastFailureAt ?? evidence.ranAt)) / 1000
  const hasFailed = FAILURES.some((rule) => rule(evidence, settings).length > 0)
  return findingIf(evidence.unproven && hasFailed, {
    severity: 'warning',
    rule: 'unproven',
    value: inSeconds(seconds),
    observed: Math.floor(seconds),
    threshold: null,
  })
}

/** Rules that the admission item alone can begin and end between two sweeps, so a view judges them itself. */
const LIVE_RULES: { readonly [Code in LiveCode]: Rule<Code, 'minBalance'> } = {
  paused,
  api_key_refused: apiKeyRefused,
  no_usable_provider: noUsableProvider,
  circuit_open: circuitOpen,
  on_backup: onBackup,
}

export const liveFindings = (evidence: Evidence, settings: Pick<RuleSettings, 'minBalance'>): Finding[] =>
  Object.values(LIVE_RULES).flatMap((rule): Finding[] => rule(evidence, settings))

/** Whether only a sweep begins and ends this issue or warning. */
export const isSwept = (issue: string): boolean => !Object.hasOwn(LIVE_RULES, issueCode(issue))

/** Every rule, in the order in which the findings are shown. */
export const RULES: { readonly [Code in RuleCode]: Rule<Code> } = {
  paused,
  secret_unreadable: secretUnreadable,
  api_key_refused: apiKeyRefused,
  no_usable_provider: noUsableProvider,
  circuit_open: circuitOpen,
  no_threads: noThreads,
  low_balance: lowBalance,
  spend_limit: spendLimit,
  consecutive_failures: whileProven(consecutiveFailures),
  no_solve_for: whileProven(noSolveFor),
  stalled_for: stalledFor,
  overdue: whileProven(overdue),
  error_rate: whileProven(errorRate),
  queue_full: queueFull,
  starting,
  on_backup: onBackup,
  balance_unknown: balanceUnknown,
  provider_slow: providerSlow,
  client_errors: clientErrors,
  unproven,
}
