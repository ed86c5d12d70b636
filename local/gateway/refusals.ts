import { randomUUID } from 'node:crypto'
import type { EngineAnswer, Service } from './call.ts'

/** AWS's refusals, in each protocol. */

type Kind = 'denied' | 'unknownCaller' | 'unsigned' | 'unreadable'

const STATUS: Record<Service, Partial<Record<Kind, number>>> = {
  // API references, "Common Errors": access denied is 400 with AWS JSON, 403 with REST; an unknown key is 403 with SQS.
  sqs: { unknownCaller: 403, unsigned: 403 },
  dynamodb: {},
  secretsmanager: {},
  cloudwatch: { unknownCaller: 403, unsigned: 403 },
  lambda: { denied: 403, unknownCaller: 403, unsigned: 403 },
}

const TYPES: Record<Kind, (service: Service) => string> = {
  denied: (service) =>
    service === 'dynamodb' || service === 'sqs' || service === 'cloudwatch'
      ? 'com.amazon.coral.service#AccessDeniedException'
      : 'AccessDeniedException',
  unknownCaller: (service) =>
    service === 'sqs' || service === 'cloudwatch'
      ? 'com.amazon.coral.service#InvalidClientTokenId'
      : service === 'dynamodb'
        ? 'com.amazon.coral.service#UnrecognizedClientException'
        : 'UnrecognizedClientException',
  unsigned: (service) => (service === 'lambda' ? 'MissingAuthenticationTokenException' : 'MissingAuthenticationToken'),
  unreadable: () => 'SerializationException',
}

const CONTENT_TYPE: Record<Service, string> = {
  sqs: 'application/x-amz-json-1.0',
  dynamodb: 'application/x-amz-json-1.0',
  secretsmanager: 'application/x-amz-json-1.1',
  cloudwatch: 'application/x-amz-json-1.0',
  lambda: 'application/json',
}

/** Clients of JSON services read the error type from the body, clients of REST services from the header. */
export function refusalBody(service: Service, kind: Kind, message: string): EngineAnswer {
  const type = TYPES[kind](service)
  const body = Buffer.from(JSON.stringify({ __type: type, message, Message: message }))
  return {
    status: STATUS[service][kind] ?? 400,
    headers: {
      'content-type': CONTENT_TYPE[service],
      'content-length': String(body.length),
      'x-amzn-requestid': randomUUID(),
      ...(service === 'lambda' ? { 'x-amzn-errortype': type } : {}),
    },
    body,
  }
}

export const INVALID_TOKEN = 'The security token included in the request is invalid.'
