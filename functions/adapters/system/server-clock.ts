import type { Clock } from '../../core/ports.ts'

/** A `Date` header says whole seconds: the server's clock was at that second or less than one later. */
const HEADER_STEP_MS = 1000
/** Beside what the header and a slow reply leave open: a clock that is off by a second is left alone, by two never. */
const TOLERANCE_MS = 1000

export interface ServerClock extends Clock {
  /** The local clock, uncorrected: what `observe` is told `sentAt` and `receivedAt` by. */
  local(): number
  /** Tells what time a server answered with, and when (by the local clock) it was asked and its answer came. */
  observe(serverSecond: number, sentAt: number, receivedAt: number): void
}

/**
 * The fleet's clock is the table's clock: workers whose own clocks differ by minutes still agree on leases, deadlines
 * and the order of outcomes. Until the first answer was seen it is the local clock.
 */
export function makeServerClock(local: Clock): ServerClock {
  let offset = 0
  return {
    local: () => local.now(),
    now: () => local.now() + offset,
    sleep: (milliseconds) => local.sleep(milliseconds),
    observe(serverSecond, sentAt, receivedAt) {
      const least = serverSecond - receivedAt
      const most = serverSecond + HEADER_STEP_MS - sentAt
      if (!(most >= least)) return
      const believable = offset >= least - TOLERANCE_MS && offset <= most + TOLERANCE_MS
      if (!believable) offset = Math.round((least + most) / 2)
    },
  }
}
