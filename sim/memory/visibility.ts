import type { Visibility } from '../../functions/core/ports.ts'
import type { MemoryQueue } from './queue.ts'

export const memoryVisibility = (queue: MemoryQueue): Visibility => ({
  async hide(holds) {
    return holds.map(({ receipt, seconds }) => queue.hide(receipt, seconds))
  },
})
