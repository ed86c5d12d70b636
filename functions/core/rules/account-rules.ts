import type { RuleCode } from '../../contract/issues.ts'
import { LOW_BALANCE } from '../../contract/limits.ts'
import { UNUSABLE_SECONDS } from '../admission/steps/gate.ts'
import { COUNTED_SECONDS } from '../evidence/account-call.ts'
import type { Evidence } from '../evidence/evidence.ts'
import {
  fundsRefusalOf,
  hasNoThreads,
  isBelow,
  isLow,
  keyRefusalOf,
  type ProviderFacts,
} from '../evidence/provider-facts.ts'
import { canTakeOver, isDown, unusableSecondsOf } from '../evidence/usability.ts'
import { countsRequests } from '../provider/profiles.ts'
import { findingIf, type Rule, type RuleSettings } from './rule.ts'

/** A balance that could not be read for this many periods is unknown. */
const BALANCE_PERIODS = 5
/** The same for a provider that is asked less often than `balanceSeconds` says; at the defaults this is the shorter. */
const COUNTED_PERIODS = 3
const longestUnread = (provider: string, balanceSeconds: number): number =>
  Math.max(BALANCE_PERIODS * balanceSeconds, countsRequests(provider) ? COUNTED_PERIODS * COUNTED_SECONDS : 0)

export const noUsableProvider: Rule<'no_usable_provider', 'minBalance'> = (evidence) => {
  const seconds = unusableSecondsOf(evidence)
  return findingIf(seconds >= UNUSABLE_SECONDS, {
    severity: 'issue',
    rule: 'no_usable_provider',
    observed: Math.floor(seconds),
    threshold: UNUSABLE_SECONDS,
  })
}

/** Another provider takes the work, so the breaker of one is an issue only where there is no other. */
export const circuitOpen: Rule<'circuit_open', 'minBalance'> = (evidence, settings) =>
  evidence.providers
    .filter(({ breaker }) => breaker.state !== 'closed')
    .map((provider) => ({
      severity: isDown(provider, evidence) ? unlessAnother(evidence, provider, settings) : 'warning',
      ...of('circuit_open', provider),
      observed: provider.breaker.cause ?? provider.breaker.state,
      threshold: null,
    }))

export const apiKeyRefused: Rule<'api_key_refused', 'minBalance'> = (evidence, settings) =>
  evidence.providers
    .filter((provider) => keyRefusalOf(provider) !== null)
    .map((provider) => ({
      severity: isSentTo(provider, evidence) ? 'issue' : unlessAnother(evidence, provider, settings),
      ...of('api_key_refused', provider),
      observed: keyRefusalOf(provider),
      threshold: null,
    }))

export const secretUnreadable: Rule<'secret_unreadable'> = ({ secretReadable }) =>
  findingIf(!secretReadable, { severity: 'issue', rule: 'secret_unreadable', observed: null, threshold: null })

export const noThreads: Rule<'no_threads'> = (evidence, settings) =>
  evidence.providers.filter(hasNoThreads).map((provider) => ({
    severity: unlessAnother(evidence, provider, settings),
    ...of('no_threads', provider),
    observed: 0,
    threshold: 1,
  }))

export const lowBalance: Rule<'low_balance'> = (evidence, settings) =>
  evidence.providers
    .filter((provider) => fundsRefusalOf(provider) !== null || isBelow(provider, settings.minBalance))
    .map((provider) => ({
      severity: stopsWork(provider, settings) ? unlessAnother(evidence, provider, settings) : 'warning',
      rule: 'low_balance',
      subject: provider.name,
      value: asDollars(balanceOf(provider)),
      observed: fundsRefusalOf(provider) ?? provider.balance,
      threshold: settings.minBalance ?? LOW_BALANCE,
    }))

export const balanceUnknown: Rule<'balance_unknown'> = ({ providers, ranAt }, { balanceSeconds }) => {
  const age = ({ balanceAt }: ProviderFacts) => (balanceAt === null ? null : (ranAt - balanceAt) / 1000)
  const longest = ({ name }: ProviderFacts) => longestUnread(name, balanceSeconds)
  return providers
    .filter(
      (provider) => provider.checkedAt !== null && (age(provider) ?? Number.POSITIVE_INFINITY) > longest(provider),
    )
    .map((provider) => ({
      severity: 'warning',
      ...of('balance_unknown', provider),
      observed: age(provider),
      threshold: longest(provider),
    }))
}

export const providerSlow: Rule<'provider_slow'> = ({ providers }, { providerTimeoutSeconds }) => {
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

export const onBackup: Rule<'on_backup', 'minBalance'> = ({ providers, activeProvider }) =>
  providers
    .filter(({ name }, preference) => preference > 0 && name === activeProvider)
    .map((provider) => ({
      severity: 'warning',
      ...of('on_backup', provider),
      observed: provider.name,
      threshold: providers[0]?.name ?? null,
    }))

const of = <Code extends RuleCode>(rule: Code, { name }: ProviderFacts) => ({ rule, subject: name, value: name })

/** Whether the workers' submits are still refused here; then another usable provider does not help. */
const isSentTo = ({ name, workersRefused }: ProviderFacts, { activeProvider }: Evidence): boolean =>
  workersRefused !== null && name === activeProvider

/** A problem of one provider is an issue only if no other provider could take over. */
const unlessAnother = (
  { providers }: Evidence,
  provider: ProviderFacts,
  { minBalance }: Pick<RuleSettings, 'minBalance'>,
) => (providers.some((other) => other !== provider && canTakeOver(other, minBalance)) ? 'warning' : 'issue')

const stopsWork = (provider: ProviderFacts, { minBalance }: RuleSettings): boolean =>
  fundsRefusalOf(provider) !== null || isLow(provider, minBalance)

/** A refusal for lack of money that workers receive outweighs the balance of an account call. */
const balanceOf = (provider: ProviderFacts): number =>
  fundsRefusalOf(provider) === null ? (provider.balance ?? 0) : Math.min(0, provider.balance ?? 0)

/** Cents are cut off, not rounded: $0.999 is below one dollar and must be shown below one dollar. */
const asDollars = (balance: number): string => `$${(Math.floor(balance * 100 + 1e-9) / 100).toFixed(2)}`
