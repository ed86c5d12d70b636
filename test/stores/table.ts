import { CreateTableCommand, type DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb'
import { type DynamoClientOptions, makeDynamoClient } from '../../functions/adapters/dynamodb/client.ts'

export interface TestTable {
  client: DynamoDBClient
  tableName: string
}

let tables = 0

interface TableOptions extends DynamoClientOptions {
  tableName?: string
}

/** A table of its own, as the stack makes it. */
export async function createTable(
  endpoint: string,
  { tableName = `lifesign-${process.pid}-${++tables}`, ...options }: TableOptions = {},
): Promise<TestTable> {
  const client = makeDynamoClient({ requestTimeoutMs: 10_000, ...options, endpoint })
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  )
  await waitUntilTableExists({ client, minDelay: 0.01, maxDelay: 0.05, maxWaitTime: 10 }, { TableName: tableName })
  return { client, tableName }
}

/** The requests that a client really sends, retries included: `PutItemCommand`, `GetItemCommand, consistent`, .. */
export function countRequests(client: DynamoDBClient): string[] {
  const sent: string[] = []
  client.middlewareStack.add(
    (next, context) => (args) => {
      const consistent = 'ConsistentRead' in args.input && args.input.ConsistentRead === true
      sent.push(`${context.commandName}${consistent ? ', consistent' : ''}`)
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low', name: `countRequests${++counters}` },
  )
  return sent
}
let counters = 0
