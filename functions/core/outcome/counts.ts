/**
 * The plain counts of a summary, each with the same value: the one list of them. Two stretches of time add them up, and
 * every other list (the empty summary, the schema of the stored item, the audit of the simulation) is made of this one.
 */
export const eachCount = <T>(value: T) => ({
  received: value,
  duplicates: value,
  invalid: value,
  deadLettered: value,
  accepted: value,
  parked: value,
  polled: value,
  solved: value,
  /** Tasks settled as failed, all classes. */
  failed: value,
  /** Of `failed`, those whose last attempt had been accepted. */
  failedCharged: value,
  /** Of `failed` and `expired`, those that lengthen the streak and count in the error rate. */
  counted: value,
  /** Expired after submit, and while only waiting. */
  expiredSubmitted: value,
  expiredWaiting: value,
  resubmitted: value,
  unknown: value,
  late: value,
  faults: value,
})
export type Counts = ReturnType<typeof eachCount<number>>

/** What one minute counts, each with the same value: the one list of them. */
export const eachMinuteCount = <T>(value: T) => ({
  solved: value,
  failed: value,
  expired: value,
  /** For the error rate: see Summary. */
  counted: value,
  unknown: value,
  accepted: value,
  /** Messages that were tasks, and that were none. */
  received: value,
  invalid: value,
  /** Well-formed tasks that the provider refused for their own fault. */
  ownFault: value,
  /** Tasks that a callback settled as solved. */
  calledBack: value,
})
export type MinuteCounts = ReturnType<typeof eachMinuteCount<number>>
