import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import type { Credentials } from './gateway/credentials.ts'
import { REGION } from './template/known-names.ts'

/** What the engines' own ports take from anybody. */
const ANYBODY: Credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

/** Clients of the local runtime itself. Everything is given, so that the caller's environment has no say. */
const options = (endpoint: string, credentials: Credentials) => ({
  endpoint,
  region: REGION,
  credentials,
  maxAttempts: 5,
})

/** Outlasts the longest long poll. */
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
