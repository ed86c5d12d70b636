/** Where the health function serves docs/runbook.md. */
export const RUNBOOK_PATH = '/runbook'

/** The anchor of a heading of the runbook, as GitHub makes it: `Not ready` → `not-ready`. */
export const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(' ', '-')
