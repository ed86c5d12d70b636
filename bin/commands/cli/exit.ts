/** The exit codes of `lifesign`. Of many tasks the highest code counts. */
export const EXIT = {
  ok: 0,
  /** The task failed; or, of `redrive`, a message could not be moved or was not seen. */
  failed: 1,
  usage: 2,
  expired: 3,
  /**
   * No result in time, a solution that was sent before and not kept, or the queue, table or stack cannot be reached.
   */
  noResult: 4,
  interrupted: 130,
} as const

/** Wrong arguments or files on the command line: one line, exit code 2. */
export class UsageError extends Error {}

/** The fleet does not answer or lacks something: one line, exit code 4. */
export class Unreachable extends Error {}
