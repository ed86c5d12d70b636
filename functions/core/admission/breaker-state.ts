/** Circuit breaker of one provider. Only `closed` counts as usable. */
export type Breaker =
  /** `rampSince`: it was closed lately, and submits are limited until the ramp is over. */
  | { state: 'closed'; submit: Failures | null; result: Failures | null; rampSince: number | null }
  /** `seconds`: the length of this open period; the next one is twice as long. */
  | { state: 'open'; since: number; until: number; seconds: number; cause: string }
  /** `lease`: one probe is under way. If its holder dies, the lease ends by itself. */
  | {
      state: 'half_open'
      since: number
      seconds: number
      successes: number
      lease: { id: string; until: number } | null
    }

/** Consecutive counted failures of one operation: how many, and when the first of them was. */
interface Failures {
  count: number
  since: number
}
