import { ChangeMessageVisibilityBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { errorName } from '../../core/error-name.ts'
import type { Log, VisibilityPort } from '../../core/ports.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { MOST_MESSAGES } from './batch-entry.ts'

const LONGEST_SECONDS = 43_200

interface PollQueue {
  client: SQSClient
  queueUrl: string
  log: Log
}

/** On any failure the answer is `false`: the message becomes visible when its visibility timeout ends. */
export function makeVisibility({ client, queueUrl, log }: PollQueue): VisibilityPort {
  const change = async (holds: { receipt: string; seconds: number }[]): Promise<boolean[]> => {
    const Entries = holds.map(({ receipt, seconds }, place) => ({
      Id: String(place),
      ReceiptHandle: receipt,
      VisibilityTimeout: Math.min(Math.max(Math.round(seconds), 0), LONGEST_SECONDS),
    }))
    try {
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })
      const { Successful = [] } = await client.send(command, callDeadline())
      const done = new Set(Successful.map(({ Id }) => Id))
      return Entries.map(({ Id }) => done.has(Id))
    } catch (error) {
      log('warn', 'visibility not changed', { count: holds.length, error: errorName(error) })
      return holds.map(() => false)
    }
  }
  return {
    async extend(holds) {
      const starts = Array.from({ length: Math.ceil(holds.length / MOST_MESSAGES) }, (_, n) => n * MOST_MESSAGES)
      return (await Promise.all(starts.map((start) => change(holds.slice(start, start + MOST_MESSAGES))))).flat()
    },
  }
}
