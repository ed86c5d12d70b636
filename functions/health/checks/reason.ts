import type { IssueCode } from '../../contract/issues.ts'
import { ISSUE_TEXTS } from '../../core/rules/issue-texts.ts'

/** What an issue means, as a sentence of its own. `value` is the text after `=` in the issue. */
export function issueSentence(code: IssueCode, value: string | null): string {
  const reason = ISSUE_TEXTS[code].reason(value)
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`
}
