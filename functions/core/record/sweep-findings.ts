import type { Control } from '../admission/item/admission.ts'
import { type DriftMemory, driftAfter } from '../admission/places/drift.ts'
import type { ProviderFinding, SweepFindings } from '../admission/steps/after-sweep.ts'
import type { ProviderFacts } from '../evidence/provider-facts.ts'
import { canTakeOver } from '../evidence/usability.ts'
import { calledBackOf, settledPerSecond } from '../outcome/minutes.ts'
import type { Summary } from '../outcome/summary.ts'
import { hasIssue } from '../rules/issue.ts'
import type { RuleSettings } from '../rules/rule.ts'
import type { ReadinessRecord } from './record.ts'

/** What the record of this sweep, compared with the one before, says for the admission of the whole fleet. */
export function findingsOf(
  record: ReadinessRecord,
  last: ReadinessRecord | null,
  settings: Pick<RuleSettings, 'minBalance'>,
): SweepFindings {
  const { evidence, raw, countedAt } = record
  const { ranAt, providers, minutes, activeProvider, totals } = evidence
  const active = providers.find(({ name }) => name === activeProvider)
  const isSound = (facts: ProviderFacts) => canTakeOver(facts, settings.minBalance)
  return {
    mode: raw.mode,
    settledPerSecond: settledPerSecond(minutes, ranAt),
    isActiveBad: (active !== undefined && !isSound(active)) || hasIssue(raw.issues, ...TASKS_FAIL),
    isNewPeriod: countedAt === ranAt,
    demand: evidence.demand,
    calledBack: calledBackOf(minutes, ranAt),
    solveSeconds: totals.solveSeconds,
    providers: providers.map((facts) => findingOf(facts, last, { isSound: isSound(facts), totals, ranAt })),
  }
}

/** Issues that say that the provider to which tasks go does not solve them. */
export const TASKS_FAIL = ['overdue', 'consecutive_failures', 'error_rate', 'no_solve_for'] as const

/** Issues that say that nothing is solved at all. The first solve ends them. */
const NOTHING_SOLVED = ['consecutive_failures', 'no_solve_for', 'overdue'] as const
export const isFailing = ({ raw }: Pick<ReadinessRecord, 'raw'>): boolean => hasIssue(raw.issues, ...NOTHING_SOLVED)

function findingOf(
  facts: ProviderFacts,
  last: ReadinessRecord | null,
  { isSound, totals, ranAt }: { isSound: boolean; totals: Summary; ranAt: number },
): ProviderFinding {
  const { name, checkedAt, error, threads } = facts
  return {
    name,
    answered: checkedAt === ranAt ? error === null : null,
    isBack: facts.backAt === ranAt,
    isSound,
    threads: threads?.total ?? null,
    submits: sinceLast(name, totals, last),
  }
}

/** `sent` counts those to all providers, because most of the time they go to one. */
function sinceLast(name: string, totals: Summary, last: ReadinessRecord | null): ProviderFinding['submits'] {
  if (last === null) return { sent: 0, failed: 0, slow: 0 }
  const before = last.evidence.totals
  const since = (counts: 'lost' | 'slowSubmits') => (totals[counts][name] ?? 0) - (before[counts][name] ?? 0)
  return { sent: sentIn(totals) - sentIn(before), failed: since('lost'), slow: since('slowSubmits') }
}

/** A submit that was refused because of the key may not have been sent at all. */
const sentIn = ({ accepted, refusedByClass: { auth = 0, ...refused } }: Summary): number =>
  accepted + Object.values(refused).reduce((sum, count) => sum + count, 0)

const settledOf = ({ solved, failedCharged, expiredSubmitted, resubmitted }: Summary): number =>
  solved + failedCharged + expiredSubmitted + resubmitted

/** Accepted submits that nobody has settled, as far as the outcomes know. */
export const openCharges = (totals: Summary): number => totals.accepted - settledOf(totals)

/**
 * `probes`: see InFlightSample. Null: outcomes are still unread, or nobody knows what the admission item counts, so
 * nothing is compared.
 */
export function driftOf(
  record: ReadinessRecord,
  last: ReadinessRecord | null,
  counted: number | null,
  probes?: number,
): { memory: DriftMemory | null; surplus: number } {
  const { ranAt: at, queue, totals } = record.evidence
  const before = last?.drift ?? null
  if (counted === null || record.sweptAt !== at) return { memory: before, surplus: 0 }
  const { accepted } = totals
  const refused = Object.values(totals.refusedByClass).reduce((sum, count) => sum + count, 0)
  const settled = settledOf(totals)
  const { inFlight: polls, received } = queue
  return driftAfter(before, { at, counted, polls, received, accepted, settled, refused, probes })
}

/** Probes under way, where no breaker is closed. */
export function probesIn({ providers }: Control, now: number): number | undefined {
  const breakers = Object.values(providers).map(({ breaker }) => breaker)
  if (breakers.some(({ state }) => state === 'closed')) return undefined
  return breakers.filter((breaker) => breaker.state === 'half_open' && (breaker.lease?.until ?? 0) > now).length
}
