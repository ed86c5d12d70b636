import type { IncomingHttpHeaders } from 'node:http'
import type { FunctionName } from '../../functions/contract/functions.ts'

const SERVICES = ['sqs', 'dynamodb', 'secretsmanager', 'cloudwatch', 'lambda'] as const
export type Service = (typeof SERVICES)[number]

/** One function of the fleet. Its execution environments and its event sources share the function's role. */
export interface Caller {
  name: FunctionName
  functionName: string
  roleArn: string
}

/** One request to an AWS service, as the gateway parsed it. */
export interface Call {
  caller: Caller
  service: Service
  /** The name of the operation in the service's API: `SendMessageBatch`. */
  operation: string
  method: string
  /** Path and query. */
  path: string
  headers: IncomingHttpHeaders
  /** The bytes of the request's body, and the parsed body; `input` is empty if there is no body. */
  body: Buffer
  input: Readonly<Record<string, unknown>>
}

/** A permission that a call needs: one action on one resource, with the context that conditions may test. */
export interface Access {
  action: string
  resource: string
  context: Readonly<Record<string, string | readonly string[]>>
}

/** One complete answer. */
export interface EngineAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  body: Buffer
}
