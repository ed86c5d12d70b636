/** Tasks in flight as one sweep saw them. */
export interface InFlightSample {
  at: number
  /** What the admission item counts. */
  counted: number
  /** Messages in the poll queue. */
  polls: number
  /** Messages of the task queue that workers have, or had when they died; absent: none. */
  received?: number | undefined
  /** Submits accepted, and those of them that are settled or were sent back, since the fleet began. */
  accepted: number
  settled: number
  /** Submits that were refused or lost, since the fleet began. */
  refused: number
  /** Probes under way, where no breaker is closed; absent: one is, so any number of submits may be under way. */
  probes?: number | undefined
}

/** What a sweep remembers of the ones before it. */
export interface DriftMemory {
  sample: InFlightSample
  /** Since when, and by how many tasks at least, the item has counted too many. Null: it has not. */
  surplus: { since: number; tasks: number } | null
  /** The most places of the sample that workers may only have reserved; absent: not known. */
  reserved?: number | undefined
}

/** A worker that reserves a place uses it or gives it back within this time. */
const SETTLED_MS = 30_000
/** SQS counts may be a minute old. */
const SURE_MS = 75_000

/**
 * How many places the item counts that no task has, for example of a worker that died between reserving and paying. Of
 * the last sample all is known by now: a place that was taken then is an accepted submit by now, or was given back. So
 * the places of that sample are compared with what was accepted until now and not settled then, and with the poll queue
 * as it was then; the larger of the two counts. That is too many places rather than too few, and while much is accepted
 * between two sweeps a surplus is not seen. A sample may also count a place that is given back a moment later, because
 * its submit is refused: as many as were refused since then at most, and where every breaker has been open all the
 * time, as many as there were probes. A worker that died after its submits were recorded leaves tasks that neither
 * outcomes nor the poll queue know, until its task messages come back: so as many as workers have received may be such
 * tasks. A surplus is given back once three sweeps and 75 s agree on it.
 */
export function driftAfter(before: DriftMemory | null, now: InFlightSample): { memory: DriftMemory; surplus: number } {
  if (before === null) return { memory: { sample: now, surplus: null }, surplus: 0 }
  const { sample } = before
  if (now.at - sample.at < SETTLED_MS) return { memory: before, surplus: 0 }
  const refused = Math.min(now.refused - sample.refused, before.reserved ?? Number.POSITIVE_INFINITY)
  const known = Math.max(sample.polls, now.accepted - sample.settled)
  const tasks = sample.counted - known - refused - (sample.received ?? 0)
  const reserved = reservedIn(now, sample)
  if (tasks <= 0) return { memory: { sample: now, surplus: null, reserved }, surplus: 0 }
  if (before.surplus === null)
    return { memory: { sample: now, surplus: { since: sample.at, tasks }, reserved }, surplus: 0 }
  const least = Math.min(before.surplus.tasks, tasks)
  const { since } = before.surplus
  if (now.at - since < SURE_MS)
    return { memory: { sample: now, surplus: { since, tasks: least }, reserved }, surplus: 0 }
  return { memory: { sample: { ...now, counted: now.counted - least }, surplus: null, reserved }, surplus: least }
}

/** No breaker closes without accepted submits, so between two samples with neither only probes were under way. */
const reservedIn = (now: InFlightSample, before: InFlightSample): number | undefined =>
  before.probes !== undefined && now.accepted === before.accepted ? now.probes : undefined
