import { describe, expect, it } from 'vitest'
import { accessOf } from '../../../local/gateway/access-of.ts'
import type { Call, Service } from '../../../local/gateway/call.ts'
import { caller, MAPPING, QUEUE_ARN, QUEUE_URL, SECRET_ARN, TABLE_ARN } from './gateway-before.ts'

const OTHERS_ARN = TABLE_ARN.replace('things', 'others')
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:lifesign-submit'
const known = { tables: { things: 'pk', others: 'id' }, mappings: { [MAPPING]: FUNCTION_ARN } }
const of = (service: Service, operation: string, input: Call['input'], path = '/') =>
  accessOf({ caller, service, operation, input, path, method: 'POST', headers: {}, body: Buffer.of() }, known)

const keys = (...leading: string[]) => ({ 'dynamodb:LeadingKeys': leading })
const Key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'x' } })

describe('what a request needs leave for', () => {
  it.each<[string, Call['input'], string]>([
    ['SendMessage', { QueueUrl: QUEUE_URL }, 'sqs:SendMessage'],
    ['SendMessageBatch', { QueueUrl: QUEUE_URL }, 'sqs:SendMessage'],
    ['DeleteMessageBatch', { QueueUrl: QUEUE_URL }, 'sqs:DeleteMessage'],
    ['ChangeMessageVisibilityBatch', { QueueUrl: QUEUE_URL }, 'sqs:ChangeMessageVisibility'],
    ['GetQueueUrl', { QueueName: 'work' }, 'sqs:GetQueueUrl'],
    ['StartMessageMoveTask', { SourceArn: QUEUE_ARN }, 'sqs:StartMessageMoveTask'],
    ['ReceiveMessage', { QueueUrl: QUEUE_URL, SourceArn: 'arn:other' }, 'sqs:ReceiveMessage'],
  ])('SQS %s %j is %s on the queue', (operation, input, action) => {
    expect(of('sqs', operation, input)).toEqual([{ action, resource: QUEUE_ARN, context: {} }])
  })

  it('SQS without a queue is about every queue', () => {
    expect(of('sqs', 'ListQueues', { QueueNamePrefix: 'w' })).toEqual([
      { action: 'sqs:ListQueues', resource: '*', context: {} },
    ])
  })

  it.each<[string, Call['input'], string[]]>([
    ['DeleteItem', { TableName: 'things', Key: Key('task#1') }, ['task#1']],
    ['PutItem', { TableName: 'things', Item: { sk: { S: 'x' }, pk: { N: '7' } } }, ['7']],
    ['GetItem', { TableName: 'things', Key: { pk: { B: 'AP8=' } } }, ['AP8=']],
    [
      'Query',
      {
        TableName: 'things',
        KeyConditionExpression: 'sk >= :s AND pk=:p',
        ExpressionAttributeValues: { ':p': { S: 'fleet' }, ':s': { S: 'x' } },
      },
      ['fleet'],
    ],
    ['GetItem', { TableName: 'things', Key: Key('task#1') }, ['task#1']],
    ['GetItem', { TableName: TABLE_ARN, Key: Key('task#1') }, ['task#1']],
    ['PutItem', { TableName: 'things', Item: { ...Key('outcome#3'), more: { N: '1' } } }, ['outcome#3']],
    [
      'Query',
      {
        TableName: 'things',
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :a AND :b',
        ExpressionAttributeValues: { ':pk': { S: 'outcome#1' }, ':a': { S: 'x' } },
      },
      ['outcome#1'],
    ],
    [
      'Query',
      {
        TableName: 'things',
        KeyConditionExpression: '#s = :s and #p = :p',
        ExpressionAttributeNames: { '#s': 'sk', '#p': 'pk' },
        ExpressionAttributeValues: { ':p': { S: 'fleet' }, ':s': { S: 'readiness' } },
      },
      ['fleet'],
    ],
  ])('DynamoDB %s %j names the partition key %j', (operation, input, leading) => {
    expect(of('dynamodb', operation, input)).toEqual([
      { action: `dynamodb:${operation}`, resource: TABLE_ARN, context: keys(...leading) },
    ])
  })

  it('an update names its attributes too: of its key, by placeholder and as bare words', () => {
    const input = {
      TableName: 'things',
      Key: Key('fleet'),
      UpdateExpression: 'SET #a = if_not_exists(#a, :zero), mode = :m.x REMOVE b',
      ConditionExpression: 'attribute_not_exists(#c) OR NOT version IN (:v)',
      ExpressionAttributeNames: { '#a': 'deepRun', '#c': 'status' },
    }
    const attributes = [...Object.keys(Key('fleet')), 'b', 'deepRun', 'mode', 'status', 'version'].sort()
    expect(of('dynamodb', 'UpdateItem', input)).toEqual([
      {
        action: 'dynamodb:UpdateItem',
        resource: TABLE_ARN,
        context: { ...keys('fleet'), 'dynamodb:Attributes': attributes },
      },
    ])
  })

  it('a scan names no partition key, and a query of an index is about the index', () => {
    expect(of('dynamodb', 'Scan', { TableName: 'things' })).toEqual([
      { action: 'dynamodb:Scan', resource: TABLE_ARN, context: {} },
    ])
    expect(of('dynamodb', 'Query', { TableName: 'things', IndexName: 'byAge' })[0]?.resource).toBe(
      `${TABLE_ARN}/index/byAge`,
    )
  })

  it('what is not about one table, or names no key of it, is about no partition key', () => {
    expect(of('dynamodb', 'ListTables', {})).toEqual([{ action: 'dynamodb:ListTables', resource: '*', context: {} }])
    const [unknown] = of('dynamodb', 'GetItem', { TableName: 'unknown', Key: Key('task#1') })
    expect(unknown).toEqual({
      action: 'dynamodb:GetItem',
      resource: TABLE_ARN.replace('things', 'unknown'),
      context: {},
    })
    const [other] = of('dynamodb', 'GetItem', { TableName: 'others', Key: Key('task#1') })
    expect(other?.context).toEqual({})
  })

  it('a batch over two tables is one access for each table, with all its partition keys', () => {
    const RequestItems = {
      things: [{ PutRequest: { Item: Key('task#1') } }, { DeleteRequest: { Key: Key('outcome#2') } }],
      others: [{ PutRequest: { Item: { id: { S: 'a' } } } }],
    }
    expect(of('dynamodb', 'BatchWriteItem', { RequestItems })).toEqual([
      { action: 'dynamodb:BatchWriteItem', resource: TABLE_ARN, context: keys('task#1', 'outcome#2') },
      { action: 'dynamodb:BatchWriteItem', resource: OTHERS_ARN, context: keys('a') },
    ])
    const read = { things: { Keys: [Key('task#1'), Key('task#2')] } }
    expect(of('dynamodb', 'BatchGetItem', { RequestItems: read })).toEqual([
      { action: 'dynamodb:BatchGetItem', resource: TABLE_ARN, context: keys('task#1', 'task#2') },
    ])
  })

  it('a transaction needs the right of each of its parts', () => {
    const TransactItems = [
      { Put: { TableName: 'things', Item: Key('task#1') } },
      { Update: { TableName: 'things', Key: Key('fleet') } },
      { ConditionCheck: { TableName: 'others', Key: { id: { S: 'a' } } } },
      { Put: { TableName: 'things', Item: Key('task#2') } },
    ]
    expect(of('dynamodb', 'TransactWriteItems', { TransactItems })).toEqual([
      { action: 'dynamodb:PutItem', resource: TABLE_ARN, context: keys('task#1', 'task#2') },
      {
        action: 'dynamodb:UpdateItem',
        resource: TABLE_ARN,
        context: { ...keys('fleet'), 'dynamodb:Attributes': Object.keys(Key('fleet')) },
      },
      { action: 'dynamodb:ConditionCheckItem', resource: OTHERS_ARN, context: keys('a') },
    ])
  })

  it('the parts of a transaction with the same action share one access, with all their keys and attributes', () => {
    const update = (name: string, attribute: string) => ({
      Update: {
        ...{ TableName: 'things', Key: { pk: { S: name } } },
        UpdateExpression: `ADD ${attribute} :one DELETE old :two`,
      },
    })
    const TransactItems = [
      update('a', 'n'),
      { Delete: { TableName: 'things', Key: { pk: { S: 'gone' } } } },
      update('b', 'm'),
      { Unknown: { TableName: 'things', Key: { pk: { S: 'c' } } } },
    ]
    expect(of('dynamodb', 'TransactWriteItems', { TransactItems })).toEqual([
      {
        ...{ action: 'dynamodb:UpdateItem', resource: TABLE_ARN },
        context: { ...keys('a', 'b'), 'dynamodb:Attributes': ['n', 'old', 'pk', 'm', 'old', 'pk'] },
      },
      { action: 'dynamodb:DeleteItem', resource: TABLE_ARN, context: keys('gone') },
    ])
    const read = [{ Get: { TableName: 'things', Key: Key('d') } }]
    expect(of('dynamodb', 'TransactGetItems', { TransactItems: read })).toEqual([
      { action: 'dynamodb:GetItem', resource: TABLE_ARN, context: keys('d') },
    ])
  })

  it('the other services: the secret, the namespace of metrics, the event source mapping with its function', () => {
    expect(of('secretsmanager', 'GetSecretValue', { SecretId: SECRET_ARN })[0]?.resource).toBe(SECRET_ARN)
    expect(of('secretsmanager', 'GetSecretValue', { SecretId: 'Test-Keys' })[0]?.resource).toBe(SECRET_ARN)
    expect(of('cloudwatch', 'PutMetricData', { Namespace: 'Lifesign' })).toEqual([
      { action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': 'Lifesign' } },
    ])
    const path = `/2015-03-31/event-source-mappings/${MAPPING}`
    expect(of('lambda', 'UpdateEventSourceMapping', { Enabled: false }, path)).toEqual([
      {
        action: 'lambda:UpdateEventSourceMapping',
        resource: `arn:aws:lambda:us-east-1:000000000000:event-source-mapping:${MAPPING}`,
        context: { 'lambda:FunctionArn': FUNCTION_ARN },
      },
    ])
    expect(of('lambda', 'ListEventSourceMappings', {}, '/2015-03-31/event-source-mappings/?MaxItems=5')[0]).toEqual({
      action: 'lambda:ListEventSourceMappings',
      resource: '*',
      context: {},
    })
  })
})
