export const METRICS = {
  namespace: 'Lifesign',
  dimension: 'Fleet',
} as const

/**
 * Calls of the pingback address that were not believed, and calls about tasks that were settled before. On their own,
 * so that the pingback bundle holds no other name.
 */
export const PINGBACKS_REFUSED = 'PingbacksRefused'
export const PINGBACKS_REPEATED = 'PingbacksRepeated'

/** Names of the CloudWatch metrics that the fleet publishes. */
export const METRIC = {
  sweepHeartbeat: 'SweepHeartbeat',
  gatePaused: 'GatePaused',
  paused: 'Paused',
  demand: 'Demand',
  queueDepth: 'QueueDepth',
  inFlightTasks: 'InFlightTasks',
  loadPct: 'LoadPct',
  deadLetters: 'DeadLetters',
  solved: 'Solved',
  failed: 'Failed',
  unknownCharges: 'UnknownCharges',
  solveSeconds: 'SolveSeconds',
  ready: 'Ready',
  accountFault: 'AccountFault',
  mode: 'Mode',
  consecutiveFailures: 'ConsecutiveFailures',
  secondsSinceLastSolve: 'SecondsSinceLastSolve',
  backlogSeconds: 'BacklogSeconds',
  errorRate: 'ErrorRate',
  balance: 'Balance',
  freeThreads: 'FreeThreads',
  breakerOpen: 'BreakerOpen',
  balanceRunwaySeconds: 'BalanceRunwaySeconds',
  pingbacksRefused: PINGBACKS_REFUSED,
  pingbacksRepeated: PINGBACKS_REPEATED,
} as const

export type MetricName = (typeof METRIC)[keyof typeof METRIC]
