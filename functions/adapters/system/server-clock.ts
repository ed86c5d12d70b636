import type { Clock } from '../../core/ports.ts'

/** A `Date` header holds whole seconds: the server's clock was at that second or less than one second later. */
const HEADER_STEP_MS = 1000
/**
 * The tolerance beyond what the header and a slow reply leave open. An error of one second is never corrected; an error
 * of two seconds always is.
 */
const TOLERANCE_MS = 1000

export interface ServerClock extends Clock {
  /** The local clock, uncorrected. `sentAt` and `receivedAt` of `observe` are times of this clock. */
  local(): number
  /**
   * Reports the time in a server's answer, and when (by the local clock) the request was sent and the answer arrived.
   */
  observe(serverSecond: number, sentAt: number, receivedAt: number): void
}

/**
 * The fleet's clock is the table's clock. So workers whose own clocks differ by minutes agree on leases, deadlines and
 * the order of outcomes. Until the first answer arrives, the fleet's clock is the local clock.
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
      const believable = offset >= least - TOLERANCE_MS && offset < most + TOLERANCE_MS
      if (!believable) offset = Math.round((least + most) / 2)
    },
  }
}
