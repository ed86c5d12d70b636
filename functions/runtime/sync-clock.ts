import type { TaskStore } from '../core/ports.ts'

const TRIES = 3
/** A key that no task has. Any read will do, because only the time of the answer is needed. */
const NOBODY = '-'

/**
 * A worker's own clock may be minutes wrong, and the fleet's clock is the table's. So before its first decision an
 * execution environment reads the table once. Answers whether the clock is set; once it is set, nothing more is read.
 */
export function makeClockSync(tasks: Pick<TaskStore, 'read'>): () => Promise<boolean> {
  let isSet = false
  return async () => {
    for (let i = 0; i < TRIES && !isSet; i += 1) {
      isSet = await tasks.read(NOBODY).then(
        () => true,
        () => false,
      )
    }
    return isSet
  }
}
