import type { ProviderFailure } from '../provider/error-class.ts'

/**
 * Why a task waits, in a few words that its result tells if the task expires: `CODE from PROVIDER` for what a provider
 * answered, otherwise the name of a limit of the fleet's own. Never anything that a client sent.
 */
export const reasonOf = ({ class: kind, code }: ProviderFailure, provider: string): string =>
  `${kind === 'capacity' ? 'capacity' : code} from ${provider}`

export const TABLE_UNREACHABLE = 'table_unreachable'
export const spendLimitReason = (limit: 'hour' | 'day'): string => `spend_limit=${limit}`
export const inFlightReason = (maxInFlight: number): string => `max_in_flight=${maxInFlight}`
export const pendingReason = (provider: string): string => `CAPCHA_NOT_READY from ${provider}`

const REASON = /^[\w.:= -]{1,100}$/

/** A reason as it came with a message: a client may have put anything there. */
export const readReason = (text: string | undefined): string | undefined =>
  text !== undefined && REASON.test(text) ? text : undefined
