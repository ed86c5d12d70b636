import { describe } from 'vitest'
import { makeDepths } from '../../functions/adapters/sqs/depths.ts'
import { makeMessageSender } from '../../functions/adapters/sqs/sender.ts'
import { makeVisibility } from '../../functions/adapters/sqs/visibility.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { queueContract } from './queue-contract.ts'
import { createQueue } from './queues.ts'
import { sqsFaults } from './sqs-faults.ts'
import { sqsLimits } from './sqs-limits.ts'

/** Every suite of the queue adapters; an engine runs them all. */
export function sqsSuites(running: () => RunningEngine): void {
  queueContract(async () => {
    const { client, queueUrl, receive } = await createQueue(running().endpoint)
    const log = () => {}
    const queues = { client, queueUrls: { tasks: queueUrl } }
    const sender = makeMessageSender({ ...queues, log })
    return { sender, visibility: makeVisibility({ client, queueUrl, log }), depths: makeDepths(queues), receive }
  })
  describe('limits', () => sqsLimits(running))
  describe('faults', () => sqsFaults(running))
}
