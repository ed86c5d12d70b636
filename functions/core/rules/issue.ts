/** `low_balance=$0.50` → `low_balance`: the rule that speaks, without what it saw. */
export const issueCode = (issue: string): string => issue.split('=', 1)[0] ?? issue

/** Where a person reads what to do about an issue or warning; one section per code. */
export const runbookOf = (code: string): string => `docs/runbook.md#${code.replaceAll('_', '-')}`
