/** An invariant did not hold. */
export class Broken extends Error {
  override name = 'Broken'
  readonly invariant: string
  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`)
    this.invariant = invariant
  }
}
