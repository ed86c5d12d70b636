import type { Depths } from '../../functions/core/ports.ts'
import type { MemoryQueues } from './queues.ts'

export const memoryDepths = (queues: MemoryQueues): Depths => ({
  async read(queue) {
    return queues[queue].counts()
  },
})
