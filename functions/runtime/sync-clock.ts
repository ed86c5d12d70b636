import type { TaskStore } from '../core/ports.ts'

const TRIES = 3
/** Any item will do: the answer's time is what is wanted. */
const NOBODY = '-'

/**
 * A worker's own clock may be minutes wrong, and the fleet's clock is the table's: before its first decision an
 * execution environment asks the table anything. Answers whether the clock is set; asks nothing once it is.
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
