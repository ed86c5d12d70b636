/** An invariant did not hold. */
export class InvariantViolation extends Error {
  override name = 'InvariantViolation'
  readonly invariant: string
  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`)
    this.invariant = invariant
  }
}
