import type { TaskStore } from '../../functions/core/ports.ts'
import {
  answerOfRefused,
  applyTransition,
  present,
  type TaskTransition,
  taskIdOf,
} from '../../functions/core/task/lifecycle.ts'
import type { TaskItem } from '../../functions/core/task/task.ts'

/** The lifecycle on a map. `now` is the table's clock. */
export interface MemoryTaskStore extends TaskStore {
  /** What stands in the table, items past their TTL included. */
  readonly items: Map<string, TaskItem>
}

export function memoryTaskStore(
  now: () => number,
  /** Told of each write that took place. */
  wrote: (event: TaskTransition, before: TaskItem | undefined, after: TaskItem) => void = () => {},
): MemoryTaskStore {
  const items = new Map<string, TaskItem>()
  return {
    items,
    async apply(event) {
      const taskId = taskIdOf(event)
      const before = items.get(taskId)
      const after = applyTransition(before, event, now())
      if (after !== null) {
        items.set(taskId, Object.freeze({ ...after }))
        wrote(event, before, after)
        return { kind: 'applied' }
      }
      const found = present(before, now())
      return answerOfRefused(found, event)
    },
    async read(taskId) {
      return present(items.get(taskId), now())
    },
  }
}
