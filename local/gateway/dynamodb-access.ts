import { isRecord } from '../../functions/contract/is-record.ts'
import { arn } from '../template/known-names.ts'
import type { Access, Call } from './call.ts'

/** Table → name of its partition key. */
export type TableKeys = Readonly<Record<string, string>>

type Input = Readonly<Record<string, unknown>>

/** One part of a call: an action on a table, and the partition keys of the call. */
interface Touch {
  action: string
  table: unknown
  index?: unknown
  keys: (string | undefined)[]
  /** The attributes that the call names. Given for updates only: the other calls touch whole items. */
  attributes?: string[]
}

export const dynamodbAccess = ({ operation, input }: Call, tables: TableKeys): Access[] =>
  merged(touchesOf(operation, input, tables)).map(({ action, table, index, keys, attributes }) => {
    const known = keys.filter((key) => key !== undefined)
    return {
      action: `dynamodb:${action}`,
      resource: resourceOf(table, index),
      context: {
        ...(known.length > 0 ? { 'dynamodb:LeadingKeys': known } : {}),
        ...(attributes === undefined ? {} : { 'dynamodb:Attributes': attributes }),
      },
    }
  })

function touchesOf(operation: string, input: Input, tables: TableKeys): Touch[] {
  const on = (table: unknown, item: unknown) => keyIn(item, tables[tableName(table)])
  const { TableName: table, IndexName: index } = input
  switch (operation) {
    case 'UpdateItem':
      return [{ action: operation, table, keys: [on(table, input.Key)], attributes: attributesOf(input) }]
    case 'GetItem':
    case 'DeleteItem':
      return [{ action: operation, table, keys: [on(table, input.Key)] }]
    case 'PutItem':
      return [{ action: operation, table, keys: [on(table, input.Item)] }]
    case 'Query':
      return [{ action: operation, table, index, keys: queried(input, tables[tableName(table)]) }]
    case 'BatchGetItem':
      return entriesOf(input.RequestItems).map(([name, asked]) => ({
        action: operation,
        table: name,
        keys: listOf(isRecord(asked) ? asked.Keys : []).map((key) => on(name, key)),
      }))
    case 'BatchWriteItem':
      return entriesOf(input.RequestItems).map(([name, writes]) => ({
        action: operation,
        table: name,
        keys: listOf(writes).map((write) =>
          on(name, field(write, 'PutRequest', 'Item') ?? field(write, 'DeleteRequest', 'Key')),
        ),
      }))
    case 'TransactGetItems':
    case 'TransactWriteItems':
      return listOf(input.TransactItems).flatMap((item) =>
        Object.entries(IN_TRANSACTIONS).flatMap(([kind, action]) => {
          const part = field(item, kind)
          if (!isRecord(part)) return []
          const keys = [on(part.TableName, part.Key ?? part.Item)]
          return [{ action, table: part.TableName, keys, ...(kind === 'Update' && { attributes: attributesOf(part) }) }]
        }),
      )
    default:
      return [{ action: operation, table, index, keys: [] }]
  }
}

/** A transaction needs the permission of each of its parts. */
const IN_TRANSACTIONS = {
  Get: 'GetItem',
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
}

/** Merges parts with the same action on the same table into one access with all their keys. */
function merged(touches: Touch[]): Touch[] {
  const by = new Map<string, Touch>()
  for (const touch of touches) {
    const id = JSON.stringify([touch.action, touch.table, touch.index])
    const { keys = [], attributes = [] } = by.get(id) ?? {}
    by.set(id, {
      ...touch,
      keys: [...keys, ...touch.keys],
      ...(touch.attributes && { attributes: [...attributes, ...touch.attributes] }),
    })
  }
  return [...by.values()]
}

/** The attributes that an update names: in its key, by placeholder, or as a bare word of an expression. */
function attributesOf({ Key, ExpressionAttributeNames, ...input }: Input): string[] {
  const expressions = `${input.UpdateExpression ?? ''} ${input.ConditionExpression ?? ''}`
  const bare = [...expressions.matchAll(/(?<![\w:#.])[A-Za-z_]\w*\b(?!\s*\()/g)].map(([word]) => word)
  return [
    ...entriesOf(Key).map(([name]) => name),
    ...entriesOf(ExpressionAttributeNames).map(([, name]) => String(name)),
    ...bare.filter((word) => !KEYWORDS.includes(word.toUpperCase())),
  ].toSorted()
}
const KEYWORDS = ['SET', 'REMOVE', 'ADD', 'DELETE', 'AND', 'OR', 'NOT', 'BETWEEN', 'IN']

/** The partition key that a query's condition compares with `=`, as every query must. */
function queried(input: Input, partitionKey: string | undefined): (string | undefined)[] {
  const condition = typeof input.KeyConditionExpression === 'string' ? input.KeyConditionExpression : ''
  for (const [, left = '', right = ''] of condition.matchAll(/(#?[\w.-]+)\s*=\s*(:\w+)/g)) {
    const name = left.startsWith('#') ? field(input.ExpressionAttributeNames, left) : left
    if (name === partitionKey) return [scalar(field(input.ExpressionAttributeValues, right))]
  }
  return []
}

const keyIn = (item: unknown, partitionKey: string | undefined): string | undefined =>
  partitionKey === undefined ? undefined : scalar(field(item, partitionKey))

/** `{ S: 'x' }` → the text that IAM compares: that of a string, number or binary. */
function scalar(value: unknown): string | undefined {
  const inner = isRecord(value) ? Object.values(value)[0] : undefined
  return typeof inner === 'string' ? inner : undefined
}

const tableName = (table: unknown): string => String(table ?? '').replace(/^arn:.*:table\//, '')
const resourceOf = (table: unknown, index: unknown): string => {
  if (typeof table !== 'string') return '*'
  const own = arn('dynamodb', `table/${tableName(table)}`)
  return typeof index === 'string' ? `${own}/index/${index}` : own
}

const field = (value: unknown, ...names: string[]): unknown =>
  names.reduce<unknown>((inner, name) => (isRecord(inner) ? inner[name] : undefined), value)
const entriesOf = (value: unknown): [string, unknown][] => (isRecord(value) ? Object.entries(value) : [])
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
