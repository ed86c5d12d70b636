import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { Depths } from '../core/ports.ts'
import { inTime } from './in-time.ts'
import type { Queues } from './sqs-outbox.ts'

const COUNTS = {
  visible: 'ApproximateNumberOfMessages',
  hidden: 'ApproximateNumberOfMessagesNotVisible',
  delayed: 'ApproximateNumberOfMessagesDelayed',
} as const

export function makeDepths({ client, queueUrls }: Queues): Depths {
  return {
    async read(queue) {
      const QueueUrl = queueUrls[queue]
      if (QueueUrl === undefined) throw new Error(`no URL of the queue ${queue} was given`)
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: Object.values(COUNTS) })
      const { Attributes = {} } = await client.send(command, inTime())
      const countOf = (name: (typeof COUNTS)[keyof typeof COUNTS]) => {
        const text = Attributes[name]
        if (text === undefined || !/^\d+$/.test(text)) throw new Error(`the queue ${queue} answered without ${name}`)
        return Number(text)
      }
      return { visible: countOf(COUNTS.visible), hidden: countOf(COUNTS.hidden), delayed: countOf(COUNTS.delayed) }
    },
  }
}
