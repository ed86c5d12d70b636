import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { Credentials } from './gateway/credentials.ts'
import { REGION } from './template/known-names.ts'

/** Credentials for the engines' own ports, which accept any. */
const ANYBODY: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Clients of the local runtime itself. Every option is set, so that the caller's environment has no effect. */
const options = (endpoint: string, credentials: Credentials) => ({
  endpoint,
  region: REGION,
  credentials,
  maxAttempts: 5,
})

/** Longer than the longest long poll. */
const LONGEST_CALL_MS = 25_000

export const makeLocalSqsClient = (endpoint: string, credentials = ANYBODY): SQSClient =>
  new SQSClient({
    ...options(endpoint, credentials),
    useQueueUrlAsEndpoint: false,
    requestHandler: { connectionTimeout: 1000, requestTimeout: LONGEST_CALL_MS, throwOnRequestTimeout: true },
  })

export const makeLocalDynamoClient = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    ...options(endpoint, ANYBODY),
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
  })
