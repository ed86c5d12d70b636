import type { IssueCode } from '../../contract/issues.ts'
import type { ProviderFacts } from '../../core/evidence/provider-facts.ts'
import type { AccountAnswer } from '../../core/outcome/summary.ts'
import { errorSentence } from '../../core/provider/error-sentence.ts'
import { PROFILES, type Profile } from '../../core/provider/profiles.ts'
import type { View } from '../../core/record/record.ts'
import { freshEvidence, type HealthContext } from '../context.ts'
import { type Check, proofOf } from './check.ts'
import { deepFindingOf } from './deep-finding.ts'
import { issueSentence } from './reason.ts'

/** The providers that are configured here or known to the sweep. */
export const shownProviders = ({ view, self }: HealthContext): string[] => [
  ...new Set<string>([...self.providers, ...(view.record?.evidence.providers ?? []).map(({ name }) => name)]),
]

/** A provider by its account, by what workers were answered last, and by what the verdict says of it. */
export function providerCheck(name: string, seen: HealthContext): Check {
  const { view, self, now } = seen
  const facts = view.record?.evidence.providers.find((provider) => provider.name === name)
  const answer = view.record?.evidence.totals.accountAnswers[name]
  const times = { traffic: answer?.at ?? null, probe: facts?.checkedAt ?? null }
  const criticality = isNeeded(name, view.record?.activeProvider ?? null, self.providers) ? 'hard' : 'soft'
  const spoken = spokenOf(name, view)
  const deep = deepFindingOf(`${name}Api`, seen, [times.traffic, times.probe])
  // An account call does not disprove what the verdict says of submits or of the plan.
  if (deep !== null && (deep.status !== 'ok' || spoken === undefined)) return { ...deep, criticality }
  const state = freshEvidence(view) === null || facts === undefined ? NOT_KNOWN : providerState(facts, answer, view)
  return {
    status: state.status,
    responseMs: facts?.responseMs ?? null,
    ...proofOf(times, { now, recentSeconds: view.maxAgeSeconds }),
    criticality,
    ...(state.error === undefined ? {} : { error: state.error, reason: reasonOf(name, state.error) }),
  }
}

/** A provider is needed if it is the active one. If no provider is active, every configured provider is needed. */
export const isNeeded = (name: string, active: string | null, configured: readonly string[]): boolean =>
  active === null || active === name || configured.length === 1

type State = Pick<Check, 'status' | 'error'>
const NOT_KNOWN: State = { status: 'unknown', error: 'no_fresh_evidence' }

/**
 * The issues and warnings that name a provider, and the status that each one means. The sweep made the verdict; this
 * table only reads it.
 */
const PROVIDER_ISSUES = {
  circuit_open: 'down',
  api_key_refused: 'down',
  no_threads: 'down',
  provider_slow: 'degraded',
  balance_unknown: 'degraded',
} as const satisfies Partial<Record<IssueCode, 'down' | 'degraded'>>

function providerState(facts: ProviderFacts, answer: AccountAnswer | undefined, view: View): State {
  if (facts.checkedAt === null) return { status: 'unknown', error: 'never_checked' }
  const spoken = spokenOf(facts.name, view)
  const lost = isWorking(facts.checkedAt, answer) ? undefined : facts.error?.code
  const error = lost ?? facts.workersRefused?.code ?? spoken
  const down = spoken !== undefined && PROVIDER_ISSUES[spoken] === 'down'
  if (facts.keyRefused || facts.unusableSince !== null || down) return { status: 'down', error }
  return lost !== undefined || spoken !== undefined ? { status: 'degraded', error } : { status: 'ok' }
}

/** A submit that was accepted after an account call failed is the better evidence. */
const isWorking = (checkedAt: number, answer: AccountAnswer | undefined): boolean =>
  answer !== undefined && answer.refusal === null && answer.at > checkedAt

type ProviderIssue = keyof typeof PROVIDER_ISSUES
const isProviderIssue = (code: string): code is ProviderIssue => Object.hasOwn(PROVIDER_ISSUES, code)

function spokenOf(name: string, { issues, warnings }: View): ProviderIssue | undefined {
  const said = [...issues, ...warnings]
  return Object.keys(PROVIDER_ISSUES)
    .filter(isProviderIssue)
    .find((rule) => said.includes(`${rule}=${name}`))
}

function reasonOf(name: string, error: string): string {
  if (error === 'no_fresh_evidence') return `No sweep has looked at ${name} lately.`
  if (error === 'never_checked') return `${name} was never asked.`
  if (isProviderIssue(error)) return issueSentence(error, name)
  return errorSentence(profileOf(name), error)
}

const profileOf = (name: string): Profile =>
  Object.values(PROFILES).find((profile) => profile.name === name) ?? { ...PROFILES.captchaai, name, codes: {} }
