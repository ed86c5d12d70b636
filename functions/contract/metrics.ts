export const METRICS = {
  namespace: 'Lifesign',
  dimension: 'Fleet',
} as const

/** Names of the CloudWatch metrics that the fleet publishes. */
export const METRIC = {
  sweepHeartbeat: 'SweepHeartbeat',
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
  mode: 'Mode',
  consecutiveFailures: 'ConsecutiveFailures',
  secondsSinceLastSolve: 'SecondsSinceLastSolve',
  backlogSeconds: 'BacklogSeconds',
  errorRate: 'ErrorRate',
  balance: 'Balance',
  freeThreads: 'FreeThreads',
  pingbacksRefused: 'PingbacksRefused',
} as const

export type MetricName = (typeof METRIC)[keyof typeof METRIC]
