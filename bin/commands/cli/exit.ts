/** How `lifesign` ends. Of many tasks the highest counts. */
export const EXIT = {
  ok: 0,
  /** The task failed; or, of `redrive`, a message could not be moved. */
  failed: 1,
  usage: 2,
  expired: 3,
  /** No result in time, a solution that was sent before and not kept, or the queue, table or stack cannot be reached. */
  noResult: 4,
  interrupted: 130,
} as const

/** Words or files on the command line that make no sense: one line, exit code 2. */
export class UsageError extends Error {}

/** The stack that was asked for does not answer or lacks something: one line, exit code 4. */
export class Unreachable extends Error {}
