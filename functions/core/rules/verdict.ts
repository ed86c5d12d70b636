import type { Mode } from '../admission/item/admission.ts'
import type { Evidence } from '../evidence/evidence.ts'
import { hasIssue, runbookOf } from './issue.ts'
import type { Finding, JudgedStatus, RuleSettings, TraceEntry, Verdict } from './rule.ts'
import { RULES } from './rules.ts'

/** Rule and subject → when the rule began to fire without a break. */
type Since = Record<string, number>

/** If no worker receives a waiting task for this long, there is no worker. */
const NO_WORKER_MS = 60_000

/**
 * The verdict on this evidence by the rules alone. The only memory is when each rule began to fire. Pure, so that the
 * sweep, the views and the tests cannot disagree.
 */
export function judgeEvidence(
  evidence: Evidence,
  since: Since,
  settings: RuleSettings,
): { verdict: Verdict; since: Since } {
  const found = textsAndTrace(
    Object.values(RULES).flatMap((rule): Finding[] => rule(evidence, settings)),
    since,
    evidence.ranAt,
  )
  const { mode } = modeAndCause(evidence, settings)
  const { issues, warnings, trace } = found
  return { verdict: { status: statusOf(issues, warnings, mode), mode, issues, warnings, trace }, since: found.since }
}

export function statusOf(issues: readonly string[], warnings: readonly string[], mode: Mode): JudgedStatus {
  if (issues.length > 0) return 'not_ready'
  return mode !== 'normal' || hasIssue(warnings, 'on_backup', 'unproven') ? 'degraded' : 'ready'
}

/**
 * What the rules found: the texts of issues and warnings, one trace entry for each finding, and since when each holds.
 */
export function textsAndTrace(findings: readonly Finding[], before: Since, now: number) {
  const since: Since = Object.fromEntries(
    findings.map((finding) => [keyOf(finding), finding.since ?? before[keyOf(finding)] ?? now]),
  )
  const textsOf = (severity: Finding['severity']) =>
    findings.filter((each) => each.severity === severity).map(issueText)
  const trace = findings.map((finding) => traceEntryOf(finding, since[keyOf(finding)] ?? now))
  return { issues: textsOf('issue'), warnings: textsOf('warning'), trace, since }
}

/**
 * The mode that decides which priorities are admitted. A bad error rate changes the mode at once, but readiness only
 * after two sweeps.
 */
export function modeAndCause(evidence: Evidence, settings: RuleSettings): { mode: Mode; cause: string } {
  const { errorRate, queue } = evidence
  const failing = `error rate ${errorRate?.toFixed(2)}`
  if (errorRate !== null && errorRate > settings.emergencyErrorRate) return { mode: 'emergency', cause: failing }
  if (queue.available > 0 && nobodyWorks(evidence))
    return { mode: 'emergency', cause: `${queue.available} tasks wait and no worker receives them` }
  if (errorRate !== null && errorRate > settings.degradedErrorRate) return { mode: 'degraded', cause: failing }
  return queue.waiting > settings.degradedQueueDepth
    ? { mode: 'degraded', cause: `${queue.waiting} tasks wait` }
    : { mode: 'normal', cause: 'error rate and queue are in order' }
}

/**
 * Whether no worker processes tasks. The time is measured from when the tasks arrived, so that an idle fleet is not
 * blamed.
 */
function nobodyWorks({ waitingSince, lastOutcomeAt, ranAt }: Evidence): boolean {
  const since = Math.max(waitingSince ?? ranAt, lastOutcomeAt ?? 0)
  return ranAt - since >= NO_WORKER_MS
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
