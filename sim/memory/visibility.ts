import type { VisibilityPort } from '../../functions/core/ports.ts'
import type { MemoryQueue } from './queue.ts'

export const memoryVisibility = (queue: MemoryQueue): VisibilityPort => ({
  async extend(holds) {
    return holds.map(({ receipt, seconds }) => queue.hide(receipt, seconds))
  },
})
