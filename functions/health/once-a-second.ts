/** A reading is reused for this long, so any number of requests costs at most one read per second and environment. */
const FRESH_MS = 1000

/**
 * One reading for everybody who asks while the read is under way or its answer is fresh. `ticks`: monotonic
 * milliseconds. `read` must not reject.
 */
export function makeOnceASecond<T>(read: () => Promise<T>, ticks: () => number) {
  let held: { reading: Promise<T>; until: number } | undefined
  return {
    read(): Promise<T> {
      if (held !== undefined && ticks() < held.until) return held.reading
      const mine = { reading: read(), until: Number.POSITIVE_INFINITY }
      held = mine
      void mine.reading.then(() => {
        mine.until = ticks() + FRESH_MS
      })
      return mine.reading
    },
    /** The next one reads again. */
    forget(): void {
      held = undefined
    },
  }
}
