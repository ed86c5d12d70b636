import { ISSUE_CODES, type IssueCode } from '../../contract/issues.ts'
import type { Settings } from '../../contract/settings.ts'
import type { Admission } from '../admission/item/admission.ts'
import { breakerClosedAt, liveEvidence } from '../evidence/fleet-control.ts'
import { issueCode } from '../rules/issue.ts'
import { isSwept, liveFindings } from '../rules/rules.ts'
import { statusOf, textsAndTrace } from '../rules/verdict.ts'
import { endedSince, type ProofSettings } from './ended-since.ts'
import type { ReadinessRecord, View } from './record.ts'

/** `minBalance` for the rules that are judged anew, the others for the proofs that end an issue. */
export type LiveSettings = Pick<Settings, 'minBalance'> & ProofSettings

type Shown = Pick<View, 'status' | 'mode' | 'issues' | 'warnings' | 'trace'>

/** Of the admission item, what is newer than the record. */
export type LiveAdmission = Pick<Admission, 'control' | 'counts'>

/**
 * The verdict of the last sweep with what the admission item says now about pause, keys, breakers, route and solves. A
 * breaker opens and closes within seconds and has a hysteresis of its own; a sweep comes each minute.
 */
export function liveVerdict(
  record: ReadinessRecord,
  { control, counts }: LiveAdmission,
  now: number,
  settings: LiveSettings,
): Shown {
  const found = textsAndTrace(liveFindings(liveEvidence(record.evidence, control, now), settings), record.since, now)
  const closedAt = breakerClosedAt(control, null)
  const hasRecovered = closedAt !== null && closedAt > record.evidence.ranAt
  const over: string[] = [...(hasRecovered ? ANSWERED : []), ...endedSince(record, counts, now, settings)]
  const isKept = (issue: string) => isSwept(issue) && !over.includes(issueCode(issue))
  const issues = [...found.issues, ...record.issues.filter(isKept)].sort(byCode)
  const warnings = [...found.warnings, ...record.warnings.filter(isKept)].sort(byCode)
  const trace = [...found.trace, ...record.trace.filter(({ rule }) => isKept(rule))]
  trace.sort((a, b) => byCode(a.rule, b.rule))
  const isDelayed = record.status === 'degraded' && record.raw.issues.some(isKept)
  return { status: statusNow(record, { issues, warnings, isDelayed }), mode: record.mode, issues, warnings, trace }
}

/**
 * A breaker that was closed since the last sweep took real tasks to close, so it answers these issues of the outage.
 */
const ANSWERED = ['stalled_for', 'no_solve_for', 'overdue'] as const

/** A `not_ready` that hysteresis delays stays the `degraded` that the sweep made of it, unless a view knows better. */
function statusNow(
  { mode }: ReadinessRecord,
  { issues, warnings, isDelayed }: { issues: string[]; warnings: string[]; isDelayed: boolean },
): View['status'] {
  const status = statusOf(issues, warnings, mode)
  return status === 'ready' && isDelayed ? 'degraded' : status
}

/** The order in which a sweep shows them. */
const byCode = (a: string, b: string): number => placeOf(a) - placeOf(b)
const CODES: readonly string[] = ISSUE_CODES satisfies readonly IssueCode[]
const placeOf = (issue: string): number => CODES.indexOf(issueCode(issue))
