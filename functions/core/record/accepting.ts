import type { IssueCode } from '../../contract/issues.ts'
import type { Mode } from '../admission/admission.ts'
import { hasIssue } from '../rules/issue.ts'
import type { Priority } from '../task/task.ts'

/** Which priorities the fleet accepts. If it accepts a priority, it also accepts every higher one. */
type Accepting = Readonly<Record<Priority, boolean>>

const ADMITTED: Record<Mode, Accepting> = {
  normal: { low: true, normal: true, high: true, critical: true },
  degraded: { low: false, normal: false, high: true, critical: true },
  emergency: { low: false, normal: false, high: false, critical: true },
}
const NOTHING: Accepting = { low: false, normal: false, high: false, critical: false }

/** While one of these issues is present, the fleet pays for no task, whatever its priority. */
const CLOSING: readonly IssueCode[] = ['paused', 'no_usable_provider', 'spend_limit']

/** The priorities that the fleet accepts now, as `/health` shows them. */
export const acceptingOf = (fleet: { mode: Mode; issues: readonly string[] }): Accepting =>
  hasIssue(fleet.issues, ...CLOSING) ? NOTHING : ADMITTED[fleet.mode]

/** For a fleet whose state is unknown. */
export const acceptingNothing = NOTHING
