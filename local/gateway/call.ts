import type { IncomingHttpHeaders } from 'node:http'
import type { FunctionName } from '../../functions/contract/functions.ts'

const SERVICES = ['sqs', 'dynamodb', 'secretsmanager', 'cloudwatch', 'lambda'] as const
export type Service = (typeof SERVICES)[number]

/** One function of the fleet: each of its environments, and the event sources that read queues with its role. */
export interface Caller {
  name: FunctionName
  functionName: string
  roleArn: string
}

/** One request to an AWS service, as the gateway read it. */
export interface Call {
  caller: Caller
  service: Service
  /** Its name in the service's API: `SendMessageBatch`. */
  operation: string
  method: string
  /** Path and query. */
  path: string
  headers: IncomingHttpHeaders
  /** The request's body as it came, and what it says; `input` is empty where there is no body. */
  body: Buffer
  input: Readonly<Record<string, unknown>>
}

/** What a call needs leave for: one action on one resource, with what conditions may look at. */
export interface Access {
  action: string
  resource: string
  context: Readonly<Record<string, string | readonly string[]>>
}

/** One answer, whole. */
export interface EngineAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  body: Buffer
}
