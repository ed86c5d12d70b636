/** Circuit breaker of one provider. Only `closed` counts as usable. */
export type Breaker =
  /**
   * `rampSince`: when it last closed; submits are limited until the ramp is over. `seconds`: how long it had been open
   * before.
   */
  | {
      state: 'closed'
      submit: Failures | null
      result: Failures | null
      rampSince: number | null
      seconds?: number | undefined
    }
  /** `seconds`: the length of this open period; the next one is twice as long. `result`: as polls go on. */
  | {
      state: 'open'
      since: number
      until: number
      seconds: number
      cause: string
      result?: Failures | null | undefined
    }
  /** `lease`: one probe is under way. If its holder dies, the lease ends by itself. */
  | {
      state: 'half_open'
      since: number
      seconds: number
      successes: number
      lease: Lease | null
      result?: Failures | null | undefined
    }

/** Submits and polls fail apart, so that accepted submits do not hide failing polls. */
export type Operation = 'submit' | 'result'

/** The right of one invocation to send one probe, until it ends by itself. */
export interface Lease {
  id: string
  until: number
}

/** Consecutive counted failures of one operation: how many, and when the first of them was. */
export interface Failures {
  count: number
  since: number
}
