import { hasNoThreads, isLow, isSound } from './accounts.ts'
import { clientErrorsOf } from './minutes.ts'
import { HISTOGRAM_SECONDS, type Histogram, type SlowTask } from './outcome.ts'
import type { Evidence, ProviderFacts } from './readiness.ts'

/** The settings that the rules read; a part of those of contract.ts, which core does not import. */
export interface RuleSettings {
  streakFailures: number
  noSolveSeconds: number
  stalledSeconds: number
  minBalance: number
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

/** A provider that nobody can use for this long leaves nothing to wait for. */
const UNUSABLE_SECONDS = 15
const OVERDUE_TASKS = 3
const OVERDUE_SECONDS = 90
const OVERDUE_MEDIANS = 6
/** Fewer solves than this have no median. */
const MEDIAN_SOLVES = 5
/** A task in flight is looked at far more often than this; one that is not has settled. */
const UNSEEN_SECONDS = 180
const BAD_RATE_SWEEPS = 2
const CLIENT_ERROR_RATE = 0.2
/** A balance that could not be read for so many of its periods is not known any more. */
const BALANCE_PERIODS = 5

const consecutiveFailures: Rule = ({ totals }, { streakFailures }) =>
  speakIf(totals.trailingFailures >= streakFailures, {
    severity: 'issue',
    rule: 'consecutive_failures',
    value: String(totals.trailingFailures),
    observed: totals.trailingFailures,
    threshold: streakFailures,
  })

const noSolveFor: Rule = ({ demandSeconds }, { noSolveSeconds }) =>
  speakIf(demandSeconds >= noSolveSeconds, {
    severity: 'issue',
    rule: 'no_solve_for',
    value: inSeconds(demandSeconds),
    observed: Math.floor(demandSeconds),
    threshold: noSolveSeconds,
  })

const stalledFor: Rule = ({ waitingSince, sweptAt }, { stalledSeconds }) => {
  const stalled = waitingSince === null ? 0 : (sweptAt - waitingSince) / 1000
  return speakIf(stalled >= stalledSeconds, {
    severity: 'issue',
    rule: 'stalled_for',
    value: inSeconds(stalled),
    observed: Math.floor(stalled),
    threshold: stalledSeconds,
  })
}

const overdue: Rule = (evidence) => {
  const late = overdueTasks(evidence)
  const { lastSolveAt, lastExpiredSubmittedAt } = evidence.totals
  const unsolved = lastSolveAt === null || evidence.sweptAt - lastSolveAt >= OVERDUE_SECONDS * 1000
  const expired = lastExpiredSubmittedAt !== null && (lastSolveAt === null || lastSolveAt < lastExpiredSubmittedAt)
  const count = Math.max(late, expired ? 1 : 0)
  return speakIf(expired || (late >= OVERDUE_TASKS && unsolved), {
    severity: 'issue',
    rule: 'overdue',
    value: String(count),
    observed: count,
    threshold: expired ? 1 : OVERDUE_TASKS,
  })
}

const errorRate: Rule = ({ errorRate, badRateSweeps }, { emergencyErrorRate }) =>
  speakIf(errorRate !== null && badRateSweeps >= BAD_RATE_SWEEPS, {
    severity: 'issue',
    rule: 'error_rate',
    value: asRate(errorRate),
    observed: rounded(errorRate),
    threshold: emergencyErrorRate,
  })

const queueFull: Rule = ({ queue }, { queueCapacity }) =>
  speakIf(queue.waiting >= queueCapacity, {
    severity: 'issue',
    rule: 'queue_full',
    value: String(queue.waiting),
    observed: queue.waiting,
    threshold: queueCapacity,
  })

const spendLimit: Rule = ({ spendLimit }) =>
  speakIf(spendLimit !== null, {
    severity: 'issue',
    rule: 'spend_limit',
    value: spendLimit ?? '',
    observed: spendLimit,
    threshold: null,
  })

const noUsableProvider: Rule = ({ providers, sweptAt }) => {
  const lastUsable = Math.max(...providers.map(({ unusableSince }) => unusableSince ?? sweptAt))
  const seconds = (sweptAt - lastUsable) / 1000
  return speakIf(providers.length > 0 && seconds >= UNUSABLE_SECONDS, {
    severity: 'issue',
    rule: 'no_usable_provider',
    observed: Math.floor(seconds),
    threshold: UNUSABLE_SECONDS,
  })
}

const apiKeyRefused: Rule = (evidence, settings) =>
  evidence.providers
    .filter(({ keyRefused }) => keyRefused)
    .map((provider) => ({
      severity: unlessAnother(evidence, provider, settings),
      ...of('api_key_refused', provider),
      observed: provider.error?.code ?? 'refused',
      threshold: null,
    }))

const noThreads: Rule = (evidence, settings) =>
  evidence.providers.filter(hasNoThreads).map((provider) => ({
    severity: unlessAnother(evidence, provider, settings),
    ...of('no_threads', provider),
    observed: provider.threads?.total ?? 0,
    threshold: 1,
  }))

const lowBalance: Rule = (evidence, settings) =>
  evidence.providers
    .filter((provider) => isLow(provider, settings.minBalance))
    .map((provider) => ({
      severity: unlessAnother(evidence, provider, settings),
      rule: 'low_balance',
      subject: provider.name,
      value: asDollars(provider.balance ?? 0),
      observed: provider.balance,
      threshold: settings.minBalance,
    }))

const secretUnreadable: Rule = ({ secretReadable }) =>
  speakIf(!secretReadable, { severity: 'issue', rule: 'secret_unreadable', observed: null, threshold: null })

const paused: Rule = ({ paused }) =>
  speakIf(paused, { severity: 'issue', rule: 'paused', observed: null, threshold: null })

const starting: Rule = ({ lastOutcomeAt }) =>
  speakIf(lastOutcomeAt === null, { severity: 'warning', rule: 'starting', observed: 0, threshold: 1 })

const onBackup: Rule = ({ providers, activeProvider }) =>
  providers
    .filter(({ name }, preference) => preference > 0 && name === activeProvider)
    .map((provider) => ({
      severity: 'warning',
      ...of('on_backup', provider),
      observed: provider.name,
      threshold: providers[0]?.name ?? null,
    }))

const balanceUnknown: Rule = ({ providers, sweptAt }, { balanceSeconds }) => {
  const longest = BALANCE_PERIODS * balanceSeconds
  const age = ({ balanceAt }: ProviderFacts) => (balanceAt === null ? null : (sweptAt - balanceAt) / 1000)
  return providers
    .filter((provider) => provider.checkedAt !== null && (age(provider) ?? longest + 1) > longest)
    .map((provider) => ({
      severity: 'warning',
      ...of('balance_unknown', provider),
      observed: age(provider),
      threshold: longest,
    }))
}

const providerSlow: Rule = ({ providers }, { providerTimeoutSeconds }) => {
  const slow = 500 * providerTimeoutSeconds
  return providers
    .filter(({ responseMs, error }) => error === null && responseMs !== null && responseMs >= slow)
    .map((provider) => ({
      severity: 'warning',
      ...of('provider_slow', provider),
      observed: provider.responseMs,
      threshold: slow,
    }))
}

const clientErrors: Rule = ({ minutes, sweptAt }) => {
  const rate = clientErrorsOf(minutes, sweptAt)
  return speakIf(rate !== null && rate > CLIENT_ERROR_RATE, {
    severity: 'warning',
    rule: 'client_errors',
    value: asRate(rate),
    observed: rounded(rate),
    threshold: CLIENT_ERROR_RATE,
  })
}

/** In the order in which they are shown. */
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

/** Tasks in flight that a sound solver would long have answered. */
function overdueTasks({ totals, queue, sweptAt }: Evidence): number {
  const isLate = ({ method, submittedAt, seenAt }: SlowTask) => {
    const longest = Math.max(OVERDUE_SECONDS, OVERDUE_MEDIANS * medianOf(totals.solveSeconds[method] ?? []))
    return sweptAt - submittedAt > longest * 1000 && sweptAt - seenAt < UNSEEN_SECONDS * 1000
  }
  return Math.min(queue.inFlight, totals.slow.filter(isLate).length)
}

/** Upper bound of the median's class; 0 where too little is known. */
export function medianOf(times: Histogram): number {
  const all = times.reduce((sum, count) => sum + count, 0)
  if (all < MEDIAN_SOLVES) return 0
  let below = 0
  const found = times.findIndex((count) => {
    below += count
    return below * 2 >= all
  })
  return HISTOGRAM_SECONDS[found] ?? HISTOGRAM_SECONDS.at(-1) ?? 0
}

const speakIf = (speaks: boolean, finding: Finding): Finding[] => (speaks ? [finding] : [])
const of = (rule: string, { name }: ProviderFacts) => ({ rule, subject: name, value: name })

/** What stops one provider is an issue only where no other could take over. */
const unlessAnother = ({ providers }: Evidence, provider: ProviderFacts, { minBalance }: RuleSettings) =>
  providers.some((other) => other !== provider && isSound(other, minBalance)) ? 'warning' : 'issue'

const inSeconds = (seconds: number): string => `${Math.floor(seconds)}s`
/** Cents are cut, not rounded: $0.999 is below one dollar and must not read like it. */
const asDollars = (balance: number): string => `$${(Math.floor(balance * 100 + 1e-9) / 100).toFixed(2)}`
const asRate = (rate: number | null): string => (rate ?? 0).toFixed(2)
const rounded = (rate: number | null): number | null => (rate === null ? null : Math.round(rate * 1e4) / 1e4)
