import type { OutgoingMessage, QueueName } from '../../functions/core/message/message.ts'
import type { MessageSender } from '../../functions/core/ports.ts'
import type { MemoryQueues } from './queues.ts'

/** Sends to the queues in memory. `fails` says which sends are refused. */
export function memoryOutbox(
  queues: MemoryQueues,
  fails: (queue: QueueName, message: OutgoingMessage) => boolean = () => false,
): MessageSender {
  return {
    async send(queue, messages) {
      return messages.map((message) => {
        if (fails(queue, message)) return false
        queues[queue].send(message)
        return true
      })
    },
  }
}
