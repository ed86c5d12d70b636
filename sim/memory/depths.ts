import type { QueueDepths } from '../../functions/core/ports.ts'
import type { MemoryQueues } from './queues.ts'

export const memoryDepths = (queues: MemoryQueues): QueueDepths => ({
  async read(queue) {
    return queues[queue].counts()
  },
})
