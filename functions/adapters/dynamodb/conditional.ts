import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { callDeadline } from '../system/call-deadline.ts'

interface Condition {
  /** An expression; `#name` stands for the attribute `name`, `:value` for `values[':value']`. */
  condition: string
  values?: Record<string, unknown>
}
export type ConditionalWrite =
  | (Condition & { kind: 'put'; item: Record<string, unknown> })
  | (Condition & { kind: 'update'; key: { pk: string; sk: string }; update: string })

/**
 * Makes one write and answers whether its condition held. Throws on any other failure; the write may then have been
 * applied or not.
 */
export async function writeIf(
  client: DynamoDBClient,
  tableName: string,
  write: ConditionalWrite,
  limit = callDeadline(),
): Promise<boolean> {
  const condition = { TableName: tableName, ConditionExpression: write.condition, ...valuesOf(write) }
  try {
    if (write.kind === 'put') {
      const command = new PutItemCommand({ ...condition, Item: marshall(write.item), ...namesIn(write.condition) })
      await client.send(command, limit)
    } else {
      const { key, update } = write
      const names = namesIn(`${write.condition} ${update}`)
      const command = new UpdateItemCommand({ ...condition, Key: marshall(key), UpdateExpression: update, ...names })
      await client.send(command, limit)
    }
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

interface Update {
  key: { pk: string; sk: string }
  update: string
  condition: string
  values: Record<string, unknown>
}

/**
 * Makes one update, never sent twice, and answers with the item after it, or with the item that did not meet its
 * condition (absent: there is none, or the engine does not return it). Throws if no answer came.
 */
export async function updateOnce(
  client: DynamoDBClient,
  tableName: string,
  write: Update,
): Promise<{ applied: boolean; item: Record<string, AttributeValue> | undefined }> {
  const command = new UpdateItemCommand({
    TableName: tableName,
    Key: marshall(write.key),
    UpdateExpression: write.update,
    ConditionExpression: write.condition,
    ...valuesOf(write),
    ...namesIn(`${write.condition} ${write.update}`),
    ReturnValues: 'ALL_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  })
  sendOnce(command)
  try {
    const { Attributes } = await client.send(command, callDeadline())
    return { applied: true, item: Attributes }
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { applied: false, item: error.Item }
    throw error
  }
}

/** Stores a whole item where the condition holds. `values` are in the table's own form. */
export async function replaceItem(
  client: DynamoDBClient,
  tableName: string,
  item: Record<string, AttributeValue>,
  { condition, values }: { condition: string; values: Record<string, AttributeValue> },
): Promise<boolean> {
  const command = new PutItemCommand({
    TableName: tableName,
    Item: item,
    ConditionExpression: condition,
    ...(Object.keys(values).length === 0 ? {} : { ExpressionAttributeValues: values }),
    ...namesIn(condition),
  })
  try {
    await client.send(command, callDeadline())
    return true
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false
    throw error
  }
}

/** Makes the client's second try of this command fail, so that no retry is sent. */
function sendOnce(command: UpdateItemCommand): void {
  let tried = false
  command.middlewareStack.add(
    (next) => async (args) => {
      if (tried) throw new Error('not sent again: the first try may have counted')
      tried = true
      return next(args)
    },
    { step: 'finalizeRequest', priority: 'low', name: 'sendOnce' },
  )
}

const valuesOf = ({ values }: Pick<Condition, 'values'>) =>
  values === undefined ? {} : { ExpressionAttributeValues: marshall(values, { removeUndefinedValues: true }) }

/** Replaces every attribute name by a placeholder, so that reserved words are no problem. */
function namesIn(expressions: string): { ExpressionAttributeNames?: Record<string, string> } {
  const names = Object.fromEntries([...expressions.matchAll(/#(\w+)/g)].map(([text, name = '']) => [text, name]))
  return Object.keys(names).length === 0 ? {} : { ExpressionAttributeNames: names }
}
