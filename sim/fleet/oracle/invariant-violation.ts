import type { InvariantName } from './invariants.ts'

/** An invariant did not hold. */
export class InvariantViolation extends Error {
  override name = 'InvariantViolation'
  readonly invariant: InvariantName
  constructor(invariant: InvariantName, detail: string) {
    super(`${invariant}: ${detail}`)
    this.invariant = invariant
  }
}
