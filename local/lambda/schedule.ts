interface Schedule {
  /** The first call is over, however it ended. */
  first: Promise<void>
  stop(): void
}

/**
 * Calls at once and then at every interval, until it is stopped. A call that is due while two calls are running is left
 * out.
 */
export function startSchedule(everySeconds: number, call: () => Promise<unknown>): Schedule {
  let running = 0
  const fire = async () => {
    if (running >= 2) return
    running += 1
    await call().catch(() => {}) // whoever makes the call says why it failed
    running -= 1
  }
  const first = fire()
  const timer = setInterval(() => void fire(), everySeconds * 1000)
  return { first, stop: () => clearInterval(timer) }
}
