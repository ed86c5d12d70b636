import type { IssueCode } from '../../contract/issues.ts'
import { hasIssue } from '../rules/issue.ts'
import type { Mode } from '../rules/rule.ts'
import type { Priority } from '../task/task.ts'

/** Which priorities are taken; never falls from low to critical. */
type Accepting = Readonly<Record<Priority, boolean>>

const ADMITTED: Record<Mode, Accepting> = {
  normal: { low: true, normal: true, high: true, critical: true },
  degraded: { low: false, normal: false, high: true, critical: true },
  emergency: { low: false, normal: false, high: false, critical: true },
}
const NOTHING: Accepting = { low: false, normal: false, high: false, critical: false }

/** Issues under which nothing is paid for, whatever its priority. */
const CLOSING: readonly IssueCode[] = ['paused', 'no_usable_provider', 'spend_limit']

/** What the fleet takes in now, as `/health` shows it. */
export const acceptingOf = (fleet: { mode: Mode; issues: readonly string[] }): Accepting =>
  hasIssue(fleet.issues, ...CLOSING) ? NOTHING : ADMITTED[fleet.mode]

/** For a fleet whose state nobody can tell. */
export const acceptingNothing = NOTHING
