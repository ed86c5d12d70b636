import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import type { QueueDepths } from '../../core/ports.ts'
import { callDeadline } from '../system/call-deadline.ts'
import type { Queues } from './sender.ts'

const COUNTS = {
  visible: 'ApproximateNumberOfMessages',
  hidden: 'ApproximateNumberOfMessagesNotVisible',
  delayed: 'ApproximateNumberOfMessagesDelayed',
} as const

export function makeDepths({ client, queueUrls }: Queues): QueueDepths {
  return {
    async read(queue) {
      const QueueUrl = queueUrls[queue]
      if (QueueUrl === undefined) throw new Error(`no URL of the queue ${queue} was given`)
      const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: Object.values(COUNTS) })
      const { Attributes = {} } = await client.send(command, callDeadline())
      const countOf = (name: (typeof COUNTS)[keyof typeof COUNTS]) => {
        const text = Attributes[name]
        if (text === undefined || !/^\d+$/.test(text)) throw new Error(`the queue ${queue} answered without ${name}`)
        return Number(text)
      }
      return { visible: countOf(COUNTS.visible), hidden: countOf(COUNTS.hidden), delayed: countOf(COUNTS.delayed) }
    },
  }
}
