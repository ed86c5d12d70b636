import { type DynamoDBClient, paginateScan, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { parseTaskItem } from '../../functions/adapters/dynamodb/task-item.ts'
import { taskKey } from '../../functions/contract/table.ts'
import { pollMessageOf, sendOfPoll } from '../../functions/core/message/poll-message.ts'
import { present } from '../../functions/core/task/lifecycle.ts'
import type { ClaimedItem, TaskItem } from '../../functions/core/task/task.ts'

interface Resuming {
  dynamodb: DynamoDBClient
  sqs: SQSClient
  tableName: string
  pollQueueUrl: string
}

/**
 * Resumes the tasks of a killed engine: its table survives and its queues do not. A submitted task gets a new poll
 * message. A claimed task is released at once, as one whose charge is uncertain. Only for a fleet whose queues were
 * lost, because then no worker is alive. Returns the number of resumed tasks.
 */
export async function resumeTasks({ dynamodb, sqs, tableName, pollQueueUrl }: Resuming): Promise<number> {
  let resumed = 0
  for await (const item of openTasks(dynamodb, tableName)) {
    if (item.state === 'claimed' && item.leaseUntil > LAPSED) await lapse(dynamodb, tableName, item)
    if (item.state !== 'submitted') continue
    const { message } = sendOfPoll(pollMessageOf(item, '', true))
    await sqs.send(new SendMessageCommand({ QueueUrl: pollQueueUrl, MessageBody: message.body, DelaySeconds: 1 }))
    resumed += 1
  }
  return resumed
}

/** A lease that ended long ago. It is not 0, which would mean that nothing was paid. */
const LAPSED = 1

async function* openTasks(client: DynamoDBClient, tableName: string): AsyncGenerator<TaskItem> {
  const pages = paginateScan(
    { client },
    {
      TableName: tableName,
      ConsistentRead: true,
      FilterExpression: '#state IN (:claimed, :submitted)',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':claimed': { S: 'claimed' }, ':submitted': { S: 'submitted' } },
    },
  )
  for await (const { Items = [] } of pages) {
    for (const stored of Items) {
      const item = present(parseTaskItem(unmarshall(stored)), Date.now())
      if (item !== undefined) yield item
    }
  }
}

async function lapse(client: DynamoDBClient, tableName: string, { taskId, attempt }: ClaimedItem): Promise<void> {
  const { pk, sk } = taskKey(taskId)
  await client.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { pk: { S: pk }, sk: { S: sk } },
      ConditionExpression: 'attempt = :attempt AND #state = :claimed',
      UpdateExpression: 'SET leaseUntil = :lapsed',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':attempt': { S: attempt },
        ':claimed': { S: 'claimed' },
        ':lapsed': { N: String(LAPSED) },
      },
    }),
  )
}
