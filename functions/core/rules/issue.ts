import { ISSUE_CODES, type IssueCode } from '../../contract/issues.ts'
import { RUNBOOK_PATH } from '../../contract/runbook.ts'

/** `low_balance=$0.50` → `low_balance`: the code of an issue or warning, without the observed value. */
export const issueCode = (issue: string): string => issue.split('=', 1)[0] ?? issue

/** The same; null: a later version wrote it, and this one does not know it. */
export const knownCode = (issue: string): IssueCode | null => {
  const code = issueCode(issue)
  return ISSUE_CODES.find((known) => known === code) ?? null
}

/** Whether one of these issues or warnings has one of these codes. */
export const hasIssue = (issues: readonly string[], ...codes: readonly IssueCode[]): boolean =>
  codes.some((code) => issues.some((issue) => issueCode(issue) === code))

/** Whether an issue compares a changing number with a threshold, so that it ends only after several good sweeps. */
export const isHeld = (issue: string): boolean => hasIssue([issue], 'error_rate', 'queue_full')

/** The runbook section about an issue or warning; one section per code. */
export const runbookOf = (code: IssueCode): string => `docs/runbook.md#${anchorOfCode(code)}`

/**
 * The path of the same section where the health function serves it; of an issue that it does not know, the contents.
 */
export function servedRunbookOf(issue: string): string {
  const code = knownCode(issue)
  return code === null ? RUNBOOK_PATH : `${RUNBOOK_PATH}#${anchorOfCode(code)}`
}

const anchorOfCode = (code: IssueCode): string => code.replaceAll('_', '-')

/** `low_balance=$0.50` → `$0.50`: the observed value of an issue; null if it has none. */
export const issueValue = (issue: string): string | null =>
  issue.includes('=') ? issue.slice(issue.indexOf('=') + 1) : null
