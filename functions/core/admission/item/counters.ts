/** Names of the counters of the admission item; each is a number attribute of that item. */

/** Tasks reserved or submitted and not settled, at all providers. */
export const IN_FLIGHT = 'inFlight'
export const SPENT_HOUR = 'spentHour'
export const SPENT_DAY = 'spentDay'
/** The same at one provider. The sum of these is `inFlight`. */
export const inFlightAt = (provider: string): string => `inFlight_${provider}`
/**
 * Tasks that gave their places back since the item was created: solved ones, and those that failed in a way that
 * counts. They only grow, so that a view can compare them with what the last sweep read.
 */
export const SOLVED = 'solved'
export const FAILED = 'failed'
/** Submits reserved since the ramp of this provider's breaker began. */
export const rampedAt = (provider: string): string => `ramped_${provider}`
/** Milliseconds since 1970 until which this provider's permitted rate of submits is used up. */
export const busyUntilAt = (provider: string): string => `busyUntil_${provider}`
/** Milliseconds since 1970 until which one place is kept for a critical task that found no room. */
export const URGENT_UNTIL = 'urgentUntil'
/** Milliseconds since 1970 of the end of the line: until then tasks that wait for a place have turns to come back. */
export const TURNS_UNTIL = 'turnsUntil'
