import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { REGION } from './runtime/names.ts'

/** Clients of the local runtime itself. Everything is given, so that the caller's environment has no say. */
const options = (endpoint: string) => ({
  endpoint,
  region: REGION,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  maxAttempts: 5,
})

/** Outlasts the longest long poll. */
const LONGEST_CALL_MS = 25_000

export const makeSqsClient = (endpoint: string): SQSClient =>
  new SQSClient({
    ...options(endpoint),
    useQueueUrlAsEndpoint: false,
    requestHandler: { connectionTimeout: 1000, requestTimeout: LONGEST_CALL_MS, throwOnRequestTimeout: true },
  })

export const makeDynamoClient = (endpoint: string): DynamoDBClient =>
  new DynamoDBClient({
    ...options(endpoint),
    requestHandler: { connectionTimeout: 1000, requestTimeout: 5000, throwOnRequestTimeout: true },
  })
