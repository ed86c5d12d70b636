import { type DynamoDBClient, PutItemCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb'
import { outcomeKey } from '../../contract/table.ts'
import { type OutcomeItem, shardOf } from '../../core/outcome/summary.ts'
import type { Clock, Log, OutcomeStore } from '../../core/ports.ts'
import { callDeadline } from '../system/call-deadline.ts'
import { invocationOf, parseOutcome, sortableTime, storedOutcome } from './outcome-item.ts'

interface OutcomeTable {
  client: DynamoDBClient
  tableName: string
  clock: Clock
  log: Log
}

/** Sorts after every invocation id of the same moment. */
const LAST = '\uffff'

export function makeOutcomeStore({ client, tableName, clock, log }: OutcomeTable): OutcomeStore {
  /**
   * The stored items of one shard with `from <= at <= to`, oldest first. Each page is read when its first item is
   * needed.
   */
  async function* query(shard: number, from: number, to: number, more: Partial<QueryCommandInput>) {
    if (from > to) return
    const { pk, sk: first } = outcomeKey(shard, sortableTime(from), '')
    const { sk: last } = outcomeKey(shard, sortableTime(to), LAST)
    let start: QueryCommandInput['ExclusiveStartKey']
    do {
      const page = await client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: marshall({ ':pk': pk, ':first': first, ':last': last }),
          ConsistentRead: true,
          ...more,
          ...(start === undefined ? {} : { ExclusiveStartKey: start }),
        }),
        callDeadline(),
      )
      yield* (page.Items ?? []).map((item): Record<string, unknown> => unmarshall(item))
      start = page.LastEvaluatedKey
    } while (start !== undefined)
  }

  /** Leaves out an item that cannot be read. Only the counts of that item are lost. */
  async function* outcomes(stored: AsyncIterable<Record<string, unknown>>): AsyncGenerator<OutcomeItem> {
    for await (const item of stored) {
      if (typeof item.ttl === 'number' && item.ttl * 1000 <= clock.now()) continue
      try {
        yield parseOutcome(item)
      } catch (error) {
        log('error', 'outcome item left out', { item: `${item.pk} ${item.sk}`, why: String(error) })
      }
    }
  }

  return {
    async write(item) {
      const put = { TableName: tableName, Item: marshall(storedOutcome(item)) }
      await client.send(new PutItemCommand(put), callDeadline())
    },
    async has(invocation, from, to) {
      const keys = query(shardOf(invocation), from, to, { ProjectionExpression: 'sk' })
      for await (const { sk } of keys) if (invocationOf(String(sk)) === invocation) return true
      return false
    },
    /** Never splits the items of one moment over two pages: the caller continues after the time of the last item. */
    async list(shard, after, until, limit) {
      const items: OutcomeItem[] = []
      for await (const item of outcomes(query(shard, after + 1, until, { Limit: limit + 1 }))) {
        if (items.length >= limit) {
          const whole = items.filter(({ at }) => at !== item.at)
          if (whole.length > 0) return { items: whole, more: true }
        }
        items.push(item)
      }
      return { items, more: false }
    },
  }
}
