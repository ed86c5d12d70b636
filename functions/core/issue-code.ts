/** `low_balance=$0.50` → `low_balance`: the rule that speaks, without what it saw. */
export const codeOf = (issue: string): string => issue.split('=', 1)[0] ?? issue
