import type { IssueCode } from '../contract/issues.ts'
import type { Evidence } from '../core/evidence/evidence.ts'
import type { ProviderFacts } from '../core/evidence/provider-facts.ts'
import type { View } from '../core/record/record.ts'
import { hasIssue } from '../core/rules/issue.ts'
import { freshEvidence, gradeOf, type HealthContext, isoTime, publicPart } from './context.ts'
import type { Asked, CheckLine, Grade, Rendering } from './rendering.ts'

export interface Check {
  status: 'ok' | 'degraded' | 'down' | 'unknown'
  responseMs: number | null
  checkedAt: string | null
  criticality: 'hard' | 'soft'
  /** A code of ours, never a text from outside. */
  error?: string
}

const SECRET_ISSUE: IssueCode = 'secret_unreadable'

/** Runs every check. A check that fails is answered with the status unknown. */
export function checksOf(seen: HealthContext): Record<string, Check> {
  const checks = [
    ...providersOf(seen).map((name) => [`${name}Api`, () => providerCheck(name, seen)] as const),
    ['table', () => tableCheck(seen)] as const,
    ['taskQueue', () => sweptCheck(seen, () => null)] as const,
    ['secret', () => sweptCheck(seen, ({ secretReadable }) => (secretReadable ? null : SECRET_ISSUE))] as const,
    ['sweep', () => sweepCheck(seen)] as const,
  ]
  return Object.fromEntries(checks.map(([name, check]) => [name, guarded(check)]))
}

/** Good if every hard dependency is ok. */
export function renderDependencies(seen: HealthContext): Rendering {
  const checks = checksOf(seen)
  const good = Object.values(checks).every(isGood)
  const status = good ? 'ok' : 'degraded'
  const all = Object.entries(checks)
  const names = Object.fromEntries(all.map(([name, check]) => [name, { status: check.status }]))
  return {
    grade: gradeOf(good, seen.view),
    full: () => ({
      kind: 'report',
      body: { status, checks },
      checks: all.map(([name, check]) => fullLine(name, check)),
    }),
    reduced: () => ({
      kind: 'report',
      body: { status, ...publicPart(seen.view), checks: names },
      checks: all.map(([name, check]) => reducedLine(name, check)),
    }),
  }
}

/** Null: no dependency has this name. */
export function renderDependency(seen: HealthContext, { name }: Asked): Rendering | null {
  const checks = checksOf(seen)
  const check = Object.hasOwn(checks, name) ? checks[name] : undefined
  if (check === undefined) return null
  return {
    grade: gradeOfCheck(check),
    full: () => ({ kind: 'report', body: check, checks: [fullLine(name, check)] }),
    reduced: () => ({
      kind: 'report',
      body: { status: check.status, ...publicPart(seen.view) },
      checks: [reducedLine(name, check)],
    }),
  }
}

const gradeOfCheck = (check: Check): Grade => (check.status === 'ok' ? 'pass' : isGood(check) ? 'warn' : 'fail')

const reducedLine = (name: string, check: Check): CheckLine => ({
  name,
  grade: gradeOfCheck(check),
  says: check.status,
})

const fullLine = (name: string, check: Check): CheckLine => ({
  ...reducedLine(name, check),
  says: check.error === undefined ? check.status : `${check.status}: ${check.error}`,
  at: check.checkedAt,
  responseMs: check.responseMs,
})

const isGood = (check: Check): boolean => check.criticality === 'soft' || check.status === 'ok'

function guarded(check: () => Check): Check {
  try {
    return check()
  } catch {
    return { status: 'unknown', responseMs: null, checkedAt: null, criticality: 'hard', error: 'check_failed' }
  }
}

function tableCheck({ look: { reading, milliseconds } }: HealthContext): Check {
  const down = reading.kind === 'unreachable'
  return {
    status: down ? 'down' : 'ok',
    responseMs: milliseconds,
    checkedAt: isoTime(reading.readAt),
    criticality: 'hard',
    ...(down ? { error: 'unreachable' } : {}),
  }
}

/** Whether the last sweep reached the dependency, or why not. */
function sweptCheck({ view }: HealthContext, problem: (evidence: Evidence) => string | null): Check {
  const evidence = freshEvidence(view)
  const error = evidence === null ? 'no_fresh_evidence' : problem(evidence)
  return {
    status: evidence === null ? 'unknown' : error === null ? 'ok' : 'down',
    responseMs: null,
    checkedAt: isoTime(view.sweptAt),
    criticality: 'hard',
    ...(error === null ? {} : { error }),
  }
}

function sweepCheck({ view }: HealthContext): Check {
  const stale = hasIssue(view.issues, 'stale_evidence')
  const error: IssueCode = stale ? 'stale_evidence' : 'record_unreadable'
  const status = view.status !== 'unknown' ? 'ok' : stale ? 'down' : 'unknown'
  return {
    status,
    responseMs: null,
    checkedAt: isoTime(view.sweptAt),
    criticality: 'hard',
    ...(status === 'ok' ? {} : { error }),
  }
}

// ---------------------------------------------------------------- providers

/** The providers that are configured here or known to the sweep. */
const providersOf = ({ view, self }: HealthContext): string[] => [
  ...new Set<string>([...self.providers, ...(view.record?.evidence.providers ?? []).map(({ name }) => name)]),
]

function providerCheck(name: string, { view, self }: HealthContext): Check {
  const facts = view.record?.evidence.providers.find((provider) => provider.name === name)
  const state = freshEvidence(view) === null || facts === undefined ? NOT_KNOWN : providerState(facts, view)
  return {
    status: state.status,
    responseMs: facts?.responseMs ?? null,
    checkedAt: isoTime(facts?.checkedAt ?? null),
    criticality: isNeeded(name, view.record?.activeProvider ?? null, self.providers) ? 'hard' : 'soft',
    ...(state.error === undefined ? {} : { error: state.error }),
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
const PROVIDER_ISSUES: readonly (readonly [IssueCode, 'down' | 'degraded'])[] = [
  ['circuit_open', 'down'],
  ['api_key_refused', 'down'],
  ['no_threads', 'down'],
  ['provider_slow', 'degraded'],
  ['balance_unknown', 'degraded'],
]

function providerState(facts: ProviderFacts, view: View): State {
  if (facts.checkedAt === null) return { status: 'unknown', error: 'never_checked' }
  const said = [...view.issues, ...view.warnings]
  const spoken = PROVIDER_ISSUES.find(([rule]) => said.includes(`${rule}=${facts.name}`))
  const code = facts.error?.code ?? facts.workersRefused?.code ?? spoken?.[0]
  const error = code === undefined ? {} : { error: code }
  if (facts.keyRefused || facts.unusableSince !== null || spoken?.[1] === 'down') return { status: 'down', ...error }
  return facts.error !== null || spoken !== undefined ? { status: 'degraded', ...error } : { status: 'ok' }
}
