import { type DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { LIMITS } from '../../contract/limits.ts'
import { historyKey } from '../../contract/table.ts'
import type { HistoryStore } from '../../core/ports.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { historyBucket } from './history-schema.ts'

/** One item for each hour and day, about 300 bytes: 90 days and 24 hours fit into one page each. */
export function makeHistoryStore({ client, tableName }: { client: DynamoDBClient; tableName: string }): HistoryStore {
  return {
    async save(bucket) {
      const ttl = Math.floor(bucket.at / 1000) + LIMITS.historyItemDays * 86_400
      const item = { ...historyKey(bucket.span, bucket.at), ...bucket, ttl }
      await client.send(new PutItemCommand({ TableName: tableName, Item: marshall(item) }), callDeadline())
    },
    async list(span, from, to) {
      const [{ pk, sk: first }, { sk: last }] = [historyKey(span, from), historyKey(span, to)]
      const query = {
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: marshall({ ':pk': pk, ':first': first, ':last': last }),
        ConsistentRead: true,
      }
      const { Items = [] } = await client.send(new QueryCommand(query), callDeadline())
      return Items.flatMap((item) => {
        const parsed = historyBucket.safeParse(unmarshall(item))
        return parsed.success ? [parsed.data] : []
      })
    },
  }
}
