import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs'
import { errorName } from '../../core/error-name.ts'
import type { QueueName } from '../../core/message/message.ts'
import type { Log, MessageSender } from '../../core/ports.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { batchEntry, batchesOf } from './batch-entry.ts'

export interface Queues {
  client: SQSClient
  /** Only the queues that the function sends to. */
  queueUrls: Partial<Record<QueueName, string | undefined>>
}

/**
 * For a message that was not sent, the answer holds `false`. The other messages of the call are not affected, and
 * nothing is thrown.
 */
export function makeMessageSender({ client, queueUrls, log }: Queues & { log: Log }): MessageSender {
  /** The entries that were not sent and may be tried again. */
  const send = async (queue: QueueName, batch: SendMessageBatchRequestEntry[]): Promise<Rejected> => {
    const QueueUrl = queueUrls[queue]
    const failed = (error: string): Rejected => {
      log('warn', 'messages not sent', { queue, count: batch.length, error })
      return new Map(batch.map(({ Id }) => [Id, 'for good']))
    }
    if (QueueUrl === undefined) return failed('no URL of that queue was given')
    try {
      const command = new SendMessageBatchCommand({ QueueUrl, Entries: batch })
      const { Successful = [], Failed = [] } = await client.send(command, callDeadline())
      for (const { Code } of Failed) log('warn', 'message not sent', { queue, code: Code })
      const taken = new Set(Successful.map(({ Id }) => Id))
      const atFault = new Set(Failed.filter(({ SenderFault }) => SenderFault).map(({ Id }) => Id))
      const rejected = batch.filter(({ Id }) => !taken.has(Id))
      return new Map(rejected.map(({ Id }) => [Id, atFault.has(Id) ? 'for good' : 'for now']))
    } catch (error) {
      return failed(errorName(error))
    }
  }

  return {
    async send(queue, messages) {
      // SQS would refuse the whole call because of one empty body.
      const entries = messages.map(batchEntry).filter(({ MessageBody }) => MessageBody !== '')
      const sent = messages.map(() => false)
      await Promise.all(
        batchesOf(entries).map(async (batch) => {
          const first = await send(queue, batch)
          const again = batch.filter(({ Id }) => first.get(Id) === 'for now')
          const second = again.length === 0 ? first : await send(queue, again)
          for (const { Id } of batch)
            sent[Number(Id)] = !first.has(Id) || (first.get(Id) === 'for now' && !second.has(Id))
        }),
      )
      return sent
    },
  }
}

type Rejected = Map<string | undefined, 'for now' | 'for good'>
