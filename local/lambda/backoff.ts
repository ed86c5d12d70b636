const SHORTEST_MS = 200
const LONGEST_MS = 5000

/** The wait after a number of consecutive failures. */
interface Backoff {
  readonly failures: number
  fail(): void
  succeed(): void
  milliseconds(): number
}

export function makeBackoff(): Backoff {
  let failures = 0
  return {
    get failures() {
      return failures
    },
    fail() {
      failures += 1
    },
    succeed() {
      failures = 0
    },
    milliseconds: () => (failures === 0 ? 0 : Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (failures - 1))),
  }
}
