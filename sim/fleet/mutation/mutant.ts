import type { Trouble } from '../model/trouble.ts'

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
  /** The trouble in which it does harm: seeds in it are tried before all others. Absent: no particular one. */
  trouble?: Trouble['kind']
  patches: Patch[]
}
