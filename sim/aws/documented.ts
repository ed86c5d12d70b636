/**
 * Limits of AWS that its documentation names and that no engine on this machine shows. The simulation and the local
 * runtime model them; docs/aws.md names the pages.
 */
export const AWS_LIMITS = ['recursion', 'window', 'lag', 'throttle', 'inflight', 'sizes'] as const
export type AwsLimit = (typeof AWS_LIMITS)[number]

const isLimit = (name: string): name is AwsLimit => AWS_LIMITS.some((limit) => limit === name)

/** `recursion,lag`, or `all`; empty: none. Answers what it does not know instead, where there is such a name. */
export function readAwsLimits(text: string): { limits: readonly AwsLimit[] } | { unknown: string[] } {
  const names = text.split(',').flatMap((name) => name.trim() || [])
  if (names.length === 1 && names[0] === 'all') return { limits: AWS_LIMITS }
  const unknown = names.filter((name) => !isLimit(name))
  return unknown.length > 0 ? { unknown } : { limits: names.filter(isLimit) }
}

/**
 * Invocations of one function along one chain of messages; Lambda refuses the next one, unless the function may loop.
 */
export const LOOP_INVOCATIONS = 16
/** With any batching window Lambda may wait so long at low traffic, however short the window is. */
export const WINDOW_WAIT_SECONDS = 20
/** A queue's counts may be those of so long ago. */
export const COUNT_LAG_SECONDS = 60
/** Turning an event source mapping off or on may take so long; the documentation names no bound. */
export const MAPPING_CHANGE_SECONDS = 60
/** Messages of a standard queue that may be received and not deleted. Above it a long poll answers with none. */
export const IN_FLIGHT_MESSAGES = 120_000
/** Without a batching window a source takes at most so many messages at a time. */
export const LARGEST_BATCH_WITHOUT_WINDOW = 10
