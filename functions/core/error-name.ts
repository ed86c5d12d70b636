/** The kind of an error: enough for a log line, and never a URL or a body. */
export const errorName = (error: unknown): string => (error instanceof Error ? error.name : typeof error)
