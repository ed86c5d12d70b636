import type { SQSClient } from '@aws-sdk/client-sqs'
import type { Log, Outbox, QueueName } from '../core/ports.ts'

export interface Queues {
  client: SQSClient
  /** Only the queues that the function uses. */
  queueUrls: Partial<Record<QueueName, string>>
}

export function makeOutbox(_queues: Queues & { log: Log }): Outbox {
  throw new Error('makeOutbox: being written')
}
