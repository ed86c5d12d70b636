/** One place of a source and what it is changed to. The text must be there exactly once. */
export interface Patch {
  /** Relative to the repository. */
  file: string
  find: string
  replace: string
}

/** A defect that the simulation must find. */
export interface Mutant {
  name: string
  /** What goes wrong when it is not found. */
  harm: string
  patches: Patch[]
}
