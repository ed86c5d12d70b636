import type { FailureClass } from '../../provider/error-class.ts'
import { inFlightReason, spendLimitReason, TABLE_UNREACHABLE } from '../../task/waiting-reason.ts'

/** Why tasks are not bought now. */
export interface Waiting {
  class: FailureClass
  /** The same for the client; see core/task/waiting-reason.ts. */
  while: string
  /** Seconds that the tasks must wait at least. */
  atLeast?: number
  /** They come back by turns, because what they wait for is given back one by one. */
  byTurns?: true
}

export const waitForRoom = (maxInFlight: number): Waiting => ({ ...waitForOthers(maxInFlight), byTurns: true })
export const waitForThread = (provider: string): Waiting => ({
  class: 'capacity',
  while: `capacity from ${provider}`,
  byTurns: true,
})
/** So many batches reserve at this moment that it is not known whether there is room. */
export const waitForOthers = (maxInFlight: number): Waiting => ({
  class: 'inflight',
  while: inFlightReason(maxInFlight),
})
export const waitForSpend = (limit: 'hour' | 'day'): Waiting => ({ class: 'spend', while: spendLimitReason(limit) })
export const waitForRate = (provider: string): Waiting => ({ class: 'rate', while: `rate_limit=${provider}` })
/** Not a place is missing but time, so the delay does not depend on how fast tasks are settled. */
export const waitForRamp = (provider: string): Waiting => ({ class: 'transient', while: `ramp=${provider}` })
export const waitForBreaker = (provider: string, milliseconds: number): Waiting => ({
  class: 'transient',
  while: `circuit_open=${provider}`,
  atLeast: secondsOf(milliseconds),
})
export const waitForKey = ({ code }: { code: string }, provider: string): Waiting => ({
  class: 'auth',
  while: `${code} from ${provider}`,
})
export const waitForHold = (
  hold: { class: FailureClass; code: string },
  provider: string,
  milliseconds: number,
): Waiting => ({ class: hold.class, while: `${hold.code} from ${provider}`, atLeast: secondsOf(milliseconds) })
export const waitForResume: Waiting = { class: 'inflight', while: 'paused' }

const secondsOf = (milliseconds: number): number => Math.max(1, milliseconds / 1000)
export const waitForItem = (kind: 'missing' | 'unreadable'): Waiting => ({ class: 'store', while: `admission_${kind}` })
/** It would be solved too late, so it waits for its deadline. */
export const waitForDeadline = (before: string | undefined, milliseconds: number): Waiting => ({
  class: 'deadline',
  while: before ?? 'too_late_to_solve',
  atLeast: secondsOf(milliseconds),
})
export const waitForTable: Waiting = { class: 'store', while: TABLE_UNREACHABLE }
