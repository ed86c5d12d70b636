import type { Evidence } from '../evidence/evidence.ts'
import { runbookOf } from './issue.ts'
import type { Finding, Mode, RuleSettings, TraceEntry, Verdict } from './rule.ts'
import { RULES } from './rules.ts'

/** Rule and subject → when it began to speak without a break. */
type Since = Record<string, number>

/** Work that nobody takes for this long has no worker. */
const NO_WORKER_MS = 60_000

/**
 * The one verdict: what this evidence means by the rules alone, without memory but for when each rule began to speak.
 * Pure, so that the sweep, the views and the tests cannot disagree.
 */
export function judgeEvidence(
  evidence: Evidence,
  since: Since,
  settings: RuleSettings,
): { verdict: Verdict; since: Since } {
  const findings = Object.values(RULES).flatMap((rule): Finding[] => rule(evidence, settings))
  const now: Since = Object.fromEntries(
    findings.map((finding) => [keyOf(finding), since[keyOf(finding)] ?? evidence.sweptAt]),
  )
  const textsOf = (severity: Finding['severity']) =>
    findings.filter((each) => each.severity === severity).map(issueText)
  const issues = textsOf('issue')
  const mode = modeOf(evidence, settings)
  const isSecondBest = mode !== 'normal' || findings.some(({ rule }) => rule === 'on_backup')
  const status = issues.length > 0 ? 'not_ready' : isSecondBest ? 'degraded' : 'ready'
  const trace = findings.map((finding) => traceEntryOf(finding, now[keyOf(finding)] ?? evidence.sweptAt))
  return { verdict: { status, mode, issues, warnings: textsOf('warning'), trace }, since: now }
}

/** What may be admitted; the error rate speaks at once here, and only after two sweeps for readiness. */
function modeOf(evidence: Evidence, settings: RuleSettings): Mode {
  const { errorRate, queue } = evidence
  if (errorRate !== null && errorRate > settings.emergencyErrorRate) return 'emergency'
  if (queue.available > 0 && nobodyWorks(evidence)) return 'emergency'
  if (errorRate !== null && errorRate > settings.degradedErrorRate) return 'degraded'
  return queue.waiting > settings.degradedQueueDepth ? 'degraded' : 'normal'
}

/** Measured from when the work came, so that a fleet that was idle is not blamed for it. */
function nobodyWorks({ waitingSince, lastOutcomeAt, sweptAt }: Evidence): boolean {
  const since = Math.max(waitingSince ?? sweptAt, lastOutcomeAt ?? 0)
  return sweptAt - since >= NO_WORKER_MS
}

const keyOf = ({ rule, subject }: Finding): string => (subject === undefined ? rule : `${rule}=${subject}`)
const issueText = ({ rule, value }: Finding): string => (value === undefined ? rule : `${rule}=${value}`)

const traceEntryOf = ({ rule, observed, threshold }: Finding, since: number): TraceEntry => ({
  rule,
  observed,
  threshold,
  since: new Date(since).toISOString(),
  runbook: runbookOf(rule),
})
