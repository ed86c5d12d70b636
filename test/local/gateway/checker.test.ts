import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { inputOf, operationOf } from '../../../local/gateway/access-of.ts'
import type { Call, EngineAnswer, Service } from '../../../local/gateway/call.ts'
import { makeChecker, refuseAll } from '../../../local/gateway/checker.ts'
import { refusalBody } from '../../../local/gateway/refusals.ts'
import { signedBy } from '../../../local/gateway/sign.ts'
import { CREDENTIALS, caller, QUEUE_URL } from './gateway-before.ts'

const KEY = CREDENTIALS.accessKeyId
const signature = (key: string, scope: string) =>
  `AWS4-HMAC-SHA256 Credential=${key}/20261101/us-east-1/${scope}/aws4_request, SignedHeaders=host, Signature=0`
const typeOf = ({ body }: EngineAnswer): unknown => JSON.parse(body.toString()).__type

describe('who signed a request', () => {
  it.each<[string, Service | undefined]>([
    ['sqs', 'sqs'],
    ['dynamodb', 'dynamodb'],
    ['secretsmanager', 'secretsmanager'],
    ['monitoring', 'cloudwatch'],
    ['lambda', 'lambda'],
    ['s3', undefined],
    ['cloudwatch', undefined],
    ['constructor', undefined],
  ])('is read with the scope %s as for the service %s', (scope, service) => {
    expect(signedBy({ authorization: signature(KEY, scope) })).toEqual({ accessKeyId: KEY, service })
  })

  it.each([
    ['no header', undefined],
    ['another algorithm', signature(KEY, 'sqs').replace('SHA256', 'SHA1')],
    ['a scope without its end', signature(KEY, 'sqs').replace('/aws4_request', '')],
    ['a date that is none', signature(KEY, 'sqs').replace('20261101', '2026-11')],
    ['no key', signature('', 'sqs')],
    ['a signature behind other text', `Bearer ${signature(KEY, 'sqs')}`],
  ])('is nobody by %s', (_, authorization) => {
    expect(signedBy(authorization === undefined ? {} : { authorization })).toBeUndefined()
  })
})

describe('a refusal in the words of AWS', () => {
  const CORAL = 'com.amazon.coral.service#'
  const KINDS = ['denied', 'unknownCaller', 'unsigned', 'unreadable'] as const
  const rest = ['MissingAuthenticationToken', 'SerializationException']
  it.each<[Service, string, number[], string[]]>([
    [
      'sqs',
      'application/x-amz-json-1.0',
      [400, 403, 403, 400],
      [`${CORAL}AccessDeniedException`, `${CORAL}InvalidClientTokenId`, ...rest],
    ],
    [
      'dynamodb',
      'application/x-amz-json-1.0',
      [400, 400, 400, 400],
      [`${CORAL}AccessDeniedException`, `${CORAL}UnrecognizedClientException`, ...rest],
    ],
    [
      'secretsmanager',
      'application/x-amz-json-1.1',
      [400, 400, 400, 400],
      ['AccessDeniedException', 'UnrecognizedClientException', ...rest],
    ],
    [
      'cloudwatch',
      'application/x-amz-json-1.0',
      [400, 403, 403, 400],
      [`${CORAL}AccessDeniedException`, `${CORAL}InvalidClientTokenId`, ...rest],
    ],
    [
      'lambda',
      'application/json',
      [403, 403, 403, 400],
      [
        ...['AccessDeniedException', 'UnrecognizedClientException'],
        ...['MissingAuthenticationTokenException', 'SerializationException'],
      ],
    ],
  ])('by %s is %s, with these statuses and types', (service, contentType, statuses, types) => {
    const answers = KINDS.map((kind) => refusalBody(service, kind, 'nö'))
    expect(answers.map(({ status }) => status)).toEqual(statuses)
    expect(answers.map(({ body }) => JSON.parse(body.toString()))).toEqual(
      types.map((__type) => ({ __type, message: 'nö', Message: 'nö' })),
    )
    expect(answers.map(({ headers }) => headers)).toEqual(
      answers.map(({ body }, nth) => ({
        'content-type': contentType,
        'content-length': String(body.length),
        'x-amzn-requestid': expect.stringMatching(/^[0-9a-f-]{36}$/),
        ...(service === 'lambda' && { 'x-amzn-errortype': types[nth] }),
      })),
    )
    expect(new Set(answers.map(({ headers }) => headers['x-amzn-requestid'])).size).toBe(4)
  })
})

describe('what a request asks for', () => {
  const MAPPINGS = '/2015-03-31/event-source-mappings'
  it.each<[Service, string, string, string | undefined, string]>([
    ['dynamodb', 'POST', '/', 'DynamoDB_20120810.PutItem', 'PutItem'],
    ['sqs', 'POST', '/', 'AmazonSQS.SendMessage', 'SendMessage'],
    ['sqs', 'POST', '/', undefined, ''],
    ['lambda', 'GET', `${MAPPINGS}/`, undefined, 'ListEventSourceMappings'],
    ['lambda', 'GET', `${MAPPINGS}?FunctionName=x`, undefined, 'ListEventSourceMappings'],
    ['lambda', 'POST', `${MAPPINGS}/`, undefined, 'CreateEventSourceMapping'],
    ['lambda', 'GET', `${MAPPINGS}/id/`, undefined, 'GetEventSourceMapping'],
    ['lambda', 'PUT', `${MAPPINGS}/id?x=/y`, undefined, 'UpdateEventSourceMapping'],
    ['lambda', 'DELETE', `${MAPPINGS}/id`, undefined, 'DeleteEventSourceMapping'],
    ['lambda', 'PATCH', `${MAPPINGS}/id`, undefined, ''],
    ['lambda', 'GET', '/2015-03-31/functions', undefined, ''],
  ])('of %s by %s %s with the target %s is %j', (service, method, path, target, expected) => {
    const headers = target === undefined ? {} : { 'x-amz-target': target }
    expect(operationOf({ service, method, path, headers })).toBe(expected)
  })

  it.each<[string, Buffer, string | undefined, unknown]>([
    ['nothing', Buffer.of(), undefined, {}],
    ['an object', Buffer.from('{"a":"ü"}'), undefined, { a: 'ü' }],
    ['a compressed object', gzipSync('{"a":1}'), 'gzip', { a: 1 }],
    ['compressed bytes that are said to be plain', gzipSync('{"a":1}'), undefined, undefined],
    ['plain bytes that are said to be compressed', Buffer.from('{"a":1}'), 'gzip', undefined],
    ['a list', Buffer.from('[1]'), undefined, undefined],
    ['null', Buffer.from('null'), undefined, undefined],
    ['no JSON', Buffer.from('Action=SendMessage'), undefined, undefined],
  ])('in a body of %s', (_, body, encoding, expected) => {
    expect(inputOf(body, encoding)).toEqual(expected)
  })
})

describe('the check of a request', () => {
  const part = (kind: string, name: string) => ({ [kind]: { TableName: 'things', Key: { pk: { S: name } } } })
  const transaction = { TransactItems: [part('Delete', 'a'), part('ConditionCheck', 'b'), part('Update', 'c')] }
  const request = (scope: string, input: unknown, more: Partial<Call['headers']> = {}) => ({
    headers: { authorization: signature(KEY, scope), ...more },
    ...{ method: 'POST', path: '/', body: Buffer.from(typeof input === 'string' ? input : JSON.stringify(input)) },
  })
  function checker(allows: (action: string) => boolean) {
    const told: string[] = []
    const check = makeChecker({
      callers: new Map([[KEY, caller]]),
      authorizer: {
        async check(_, { action }) {
          told.push(`asked ${action}`)
          return allows(action)
            ? { kind: 'allowed', rights: [`right to ${action}`] }
            : { kind: 'denied', message: `no ${action}` }
        },
      },
      known: { tables: { things: 'pk' }, mappings: {} },
      onDenied: ({ name }, { action }, message) => told.push(`denied ${name} ${action} ${message}`),
      onUsed: ({ name }, rights) => told.push(`used ${name} ${rights}`),
    })
    return { check, told }
  }
  const transact = { 'x-amz-target': 'DynamoDB_20120810.TransactWriteItems' }

  it('asks for each access of a call, ends with the first that is denied, and counts only what was allowed', async () => {
    const { check, told } = checker((action) => action !== 'dynamodb:ConditionCheckItem')
    const checked = await check(request('dynamodb', transaction, transact))
    if (checked.kind !== 'refused') throw new Error('allowed')
    expect(JSON.parse(checked.answer.body.toString())).toMatchObject({ message: 'no dynamodb:ConditionCheckItem' })
    expect(told).toEqual([
      ...['asked dynamodb:DeleteItem', 'used submit right to dynamodb:DeleteItem'],
      'asked dynamodb:ConditionCheckItem',
      'denied submit dynamodb:ConditionCheckItem no dynamodb:ConditionCheckItem',
    ])
  })

  it('passes on an allowed call as it was parsed, with the bytes that were sent', async () => {
    const { check, told } = checker(() => true)
    const sent = request('sqs', { QueueUrl: QUEUE_URL }, { 'x-amz-target': 'AmazonSQS.ReceiveMessage' })
    expect(await check(sent)).toEqual({
      kind: 'allowed',
      call: { ...sent, caller, service: 'sqs', operation: 'ReceiveMessage', input: { QueueUrl: QUEUE_URL } },
    })
    expect(told).toEqual(['asked sqs:ReceiveMessage', 'used submit right to sqs:ReceiveMessage'])
  })

  it.each([
    ['a request without a signature', { ...request('sqs', {}), headers: {} }, 'MissingAuthenticationToken'],
    ['a signature for a service of no engine', request('s3', {}), 'MissingAuthenticationToken'],
    [
      'a caller of another run',
      request('dynamodb', {}, { authorization: signature(`${KEY}X`, 'dynamodb') }),
      'com.amazon.coral.service#UnrecognizedClientException',
    ],
    ['a body that is no object', request('sqs', '[]'), 'SerializationException'],
  ])('refuses %s before anybody is asked', async (_, asked, type) => {
    const { check, told } = checker(() => true)
    const checked = await check(asked)
    expect(checked.kind === 'refused' && typeOf(checked.answer)).toBe(type)
    expect(told).toEqual([])
  })

  it('refuses everybody as long as the callers are not known, in the words of the service', async () => {
    const checked = await refuseAll(request('sqs', {}))
    if (checked.kind !== 'refused') throw new Error('allowed')
    expect([checked.answer.status, typeOf(checked.answer)]).toEqual([
      403,
      'com.amazon.coral.service#InvalidClientTokenId',
    ])
    expect((await refuseAll({ ...request('sqs', {}), headers: {} })).kind).toBe('refused')
  })
})
