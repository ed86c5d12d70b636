/** Where a person reads what to do about an issue or warning; one section per code. */
export const runbookOf = (code: string): string => `docs/runbook.md#${code.replaceAll('_', '-')}`
