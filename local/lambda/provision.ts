import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeyType,
  ResourceNotFoundException,
  type ScalarAttributeType,
} from '@aws-sdk/client-dynamodb'
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { UserError } from '../support/user-error.ts'
import type { QueuePlan, TablePlan } from '../template/resources.ts'

/**
 * Creates missing queues and updates the attributes of existing ones. Dead-letter queues come first. Returns the names
 * of the queues that were created.
 */
export async function provisionQueues(client: SQSClient, queues: readonly QueuePlan[]): Promise<string[]> {
  const made: string[] = []
  const last = (queue: QueuePlan) => ('RedrivePolicy' in queue.attributes ? 1 : 0)
  for (const queue of queues.toSorted((a, b) => last(a) - last(b))) {
    if (await provisionQueue(client, queue)) made.push(queue.name)
  }
  return made
}

async function provisionQueue(client: SQSClient, { name, attributes }: QueuePlan): Promise<boolean> {
  const url = await existingQueue(client, name)
  if (url === undefined) {
    await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
    return true
  }
  const answer = await client.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }))
  const found: Record<string, string | undefined> = answer.Attributes ?? {}
  const stale = Object.entries(attributes).filter(([key, value]) => !sameValue(found[key], value))
  if (stale.length === 0) return false
  await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: Object.fromEntries(stale) }))
  return false
}

async function existingQueue(client: SQSClient, name: string): Promise<string | undefined> {
  try {
    return (await client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined
    throw error
  }
}

/** Engines may return the keys of a policy in another order. */
const sameValue = (found: string | undefined, wanted: string): boolean =>
  found === wanted || (found !== undefined && wanted.startsWith('{') && canonical(found) === canonical(wanted))
function canonical(text: string): string {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) return text
  return JSON.stringify(
    Object.entries(value)
      .map(([key, inner]) => `${key}=${String(inner)}`)
      .toSorted(),
  )
}

export async function provisionTable(client: DynamoDBClient, table: TablePlan): Promise<void> {
  const found = await existingKeys(client, table.name)
  const wanted = table.keys.map(({ attribute, type }) => `${attribute} ${type}`).join(', ')
  if (found === undefined) await createTable(client, table)
  else if (found !== wanted)
    throw new UserError(
      `the table ${table.name} has other keys (${found}) than this version's (${wanted}): ` +
        'start with an empty data folder (LIFESIGN_DATA), or delete the table',
    )
}

async function existingKeys(client: DynamoDBClient, name: string): Promise<string | undefined> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
    return Table?.KeySchema?.map((key) => `${key.AttributeName} ${key.KeyType}`).join(', ') ?? ''
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined
    throw error
  }
}

const KEY_TYPES: Record<string, KeyType> = { HASH: 'HASH', RANGE: 'RANGE' }
const ATTRIBUTE_TYPES: Record<string, ScalarAttributeType> = { S: 'S', N: 'N', B: 'B' }

async function createTable(client: DynamoDBClient, { name, keys, attributeTypes }: TablePlan): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: keys.map(({ attribute, type }) => ({ AttributeName: attribute, KeyType: KEY_TYPES[type] ?? 'HASH' })),
      AttributeDefinitions: Object.entries(attributeTypes).map(([attribute, type]) => ({
        AttributeName: attribute,
        AttributeType: ATTRIBUTE_TYPES[type] ?? 'S',
      })),
    }),
  )
  await untilActive(client, name)
}

async function untilActive(client: DynamoDBClient, name: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: name }))
    if (Table?.TableStatus === 'ACTIVE') return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new UserError(`the table ${name} did not become active`)
}
