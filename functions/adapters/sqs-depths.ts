import type { Depths } from '../core/ports.ts'
import type { Queues } from './sqs-outbox.ts'

export function makeDepths(_queues: Queues): Depths {
  throw new Error('makeDepths: being written')
}
