import type { FunctionName } from './functions.ts'
import type { SettingName } from './settings.ts'

/** What a function needs that opens and closes breakers by the answers that it gets. */
const BREAKER = [
  'breakerFailures',
  'breakerSpanSeconds',
  'breakerFirstOpenSeconds',
  'breakerOpenSeconds',
  'breakerSuccesses',
] as const satisfies readonly SettingName[]

/** The settings each function reads, no more and no fewer (see `settingsOf`); the stack hands over exactly these. */
export const FUNCTION_SETTINGS = {
  submit: [
    'provider',
    'firstPollSeconds',
    'pollSeconds',
    'providerTimeoutSeconds',
    'maxInFlight',
    'spendPerHour',
    'spendPerDay',
    'rebuyUnknown',
    'balanceSeconds',
    ...BREAKER,
    'dwellSeconds',
    'keyRetrySeconds',
  ],
  collect: [
    'provider',
    'pollSeconds',
    'stalledSeconds',
    'providerTimeoutSeconds',
    'balanceSeconds',
    ...BREAKER,
    'dwellSeconds',
    'keyRetrySeconds',
  ],
  pingback: ['provider', 'providerTimeoutSeconds', 'dwellSeconds', 'keyRetrySeconds'],
  sweep: [
    'provider',
    'sweepSeconds',
    'settlingSeconds',
    'streakFailures',
    'noSolveSeconds',
    'stalledSeconds',
    'minBalance',
    'balanceSeconds',
    'providerTimeoutSeconds',
    'maxInFlight',
    'queueCapacity',
    'degradedQueueDepth',
    'degradedErrorRate',
    'emergencyErrorRate',
    'enterNotReadySweeps',
    'leaveNotReadySweeps',
    'breakerFirstOpenSeconds',
    'breakerOpenSeconds',
    'breakerSuccesses',
    'failoverSweeps',
    'failbackSweeps',
    'dwellSeconds',
    'spendPerHour',
    'spendPerDay',
    'keyRetrySeconds',
  ],
  health: [
    'sweepSeconds',
    'streakFailures',
    'noSolveSeconds',
    'stalledSeconds',
    'minBalance',
    'maxInFlight',
    'queueCapacity',
    'degradedQueueDepth',
    'degradedErrorRate',
    'emergencyErrorRate',
    'leaveNotReadySweeps',
    'provider',
    'providerTimeoutSeconds',
  ],
} as const satisfies Record<FunctionName, readonly SettingName[]>

type ReadBy<F extends FunctionName> = (typeof FUNCTION_SETTINGS)[F][number]

/**
 * The settings of a function, for its handler to parse. `Read` is what the parts of the function take: one that is in
 * the list and taken by no part does not compile, because the second argument, which names it, is missing. One that a
 * part takes and the list lacks does not compile where that part is made.
 */
export const settingsOf = <F extends FunctionName, Read>(
  name: F,
  ..._unread: Exclude<ReadBy<F>, keyof Read> extends never ? [] : [unread: Exclude<ReadBy<F>, keyof Read>]
): (typeof FUNCTION_SETTINGS)[F] => FUNCTION_SETTINGS[name]
