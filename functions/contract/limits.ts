export const LIMITS = {
  bodyBytes: 256 * 1024,
  /** Longest text of the `reason` attribute of a dead letter. */
  reasonCharacters: 1000,
  /** The most that SQS takes: body and attributes of one message. */
  messageBytes: 1024 * 1024,
  /**
   * Of that, what the attributes of a dead letter may need. The task queue and the poll queue take messages that are so
   * much smaller, so that every body still fits when it is copied with its id and its reason.
   */
  attributeBytes: 8 * 1024,
  taskMaxReceiveCount: 10,
  pollMaxReceiveCount: 1000,
  /** A poll message is renewed (copied, then deleted) once it was received this often. */
  pollRenewReceiveCount: 900,
  longestDeadlineSeconds: 3600,
  taskItemDays: 15,
  outcomeItemDays: 3,
  historyItemDays: 100,
  /** Partitions that outcome items are spread over. */
  outcomeShards: 16,
  /** How long a solved token is good, from the moment it was issued. */
  tokenLifeSeconds: 120,
  /** Most seconds that SQS delays one message. */
  longestDelaySeconds: 900,
} as const

/** The lowest good balance, USD, where nobody has set `minBalance`. */
export const LOW_BALANCE = 1

/** Time that the writes and sends around one paid call may take. */
export const WRITES_SECONDS = 4

/** Time limit of submit, collect and pingback. */
export const workerTimeoutSeconds = (providerTimeoutSeconds: number): number =>
  Math.ceil(providerTimeoutSeconds) + 2 * WRITES_SECONDS

/** Most that a worker's clock may differ from the table's; adapters/system/server-clock.ts holds it. */
export const CLOCK_OFF_SECONDS = 3

/**
 * How long a claim is its worker's alone. It outlives the invocation whatever the two clocks say: that of the worker
 * that wrote it may be behind the table's, and that of the worker that reads it ahead.
 */
export const leaseSeconds = (providerTimeoutSeconds: number, timeoutSeconds: number): number =>
  Math.max(3 * providerTimeoutSeconds, timeoutSeconds + 2 * CLOCK_OFF_SECONDS)

/** Visibility timeout of a queue whose consumer has this time limit. */
export const visibilitySeconds = (timeoutSeconds: number): number => 6 * timeoutSeconds

/**
 * From this age on, seconds, a task in flight that is not ready is reported as slow, and may be overdue: half of the
 * time after which waiting work is stalled, 90 s by default.
 */
export const slowSeconds = (stalledSeconds: number): number => stalledSeconds / 2
