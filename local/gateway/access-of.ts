import { gunzipSync } from 'node:zlib'
import { isRecord } from '../../functions/contract/is-record.ts'
import { arn } from '../template/known-names.ts'
import type { Access, Call } from './call.ts'
import { dynamodbAccess, type TableKeys } from './dynamodb-access.ts'
import { sqsAccess } from './sqs-access.ts'

/** The facts about the fleet that the gateway needs to determine the access of a call. */
export interface GatewayFacts {
  tables: TableKeys
  /** UUID of an event source mapping → ARN of its function. */
  mappings: Readonly<Record<string, string>>
}

/** Every access that the call needs. A batch over two tables needs two. */
export function accessOf(call: Call, known: GatewayFacts): Access[] {
  switch (call.service) {
    case 'sqs':
      return [sqsAccess(call)]
    case 'dynamodb':
      return dynamodbAccess(call, known.tables)
    case 'secretsmanager':
      return [plain(call, secretArn(call.input.SecretId))]
    case 'cloudwatch':
      return [{ ...plain(call, '*'), context: { 'cloudwatch:namespace': textOf(call.input.Namespace) } }]
    case 'lambda':
      return [lambdaAccess(call, known.mappings)]
  }
}

const plain = ({ service, operation }: Call, resource: string): Access => ({
  action: `${service}:${operation}`,
  resource,
  context: {},
})

const secretArn = (id: unknown): string =>
  textOf(id).startsWith('arn:') ? textOf(id) : arn('secretsmanager', `secret:${textOf(id)}`)

function lambdaAccess(call: Call, mappings: GatewayFacts['mappings']): Access {
  const uuid = mappingOf(call.path)
  if (uuid === '') return plain(call, '*')
  const functionArn = mappings[uuid]
  const context = functionArn === undefined ? {} : { 'lambda:FunctionArn': functionArn }
  return { ...plain(call, arn('lambda', `event-source-mapping:${uuid}`)), context }
}

const MAPPINGS = '/2015-03-31/event-source-mappings'
const mappingOf = (path: string): string => (path.split('?')[0] ?? '').slice(MAPPINGS.length).replaceAll('/', '')

/**
 * The name of the operation. AWS JSON services send it in a header; Lambda's REST API expresses it by method and path.
 */
export function operationOf({ service, headers, method, path }: Pick<Call, 'service' | 'headers' | 'method' | 'path'>) {
  if (service !== 'lambda') return String(headers['x-amz-target'] ?? '').replace(/^.*\./, '')
  if (!path.startsWith(MAPPINGS)) return ''
  const one = mappingOf(path) !== ''
  const names: Record<string, string> = one
    ? { GET: 'GetEventSourceMapping', PUT: 'UpdateEventSourceMapping', DELETE: 'DeleteEventSourceMapping' }
    : { GET: 'ListEventSourceMappings', POST: 'CreateEventSourceMapping' }
  return names[method] ?? ''
}

/** The body as an object; undefined if it is not a JSON object. */
export function inputOf(body: Buffer, encoding: string | undefined): Record<string, unknown> | undefined {
  if (body.length === 0) return {}
  try {
    const value: unknown = JSON.parse((encoding === 'gzip' ? gunzipSync(body) : body).toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
