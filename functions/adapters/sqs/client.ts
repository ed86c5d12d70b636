import { SQSClient } from '@aws-sdk/client-sqs'

/** Without `endpoint` the SDK uses its own, AWS_ENDPOINT_URL_SQS. The endpoint replaces the host in a queue's URL. */
export function makeSqsClient(options: { endpoint?: string } = {}): SQSClient {
  return new SQSClient({
    ...options,
    useQueueUrlAsEndpoint: false,
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1000, requestTimeout: 1000, throwOnRequestTimeout: true },
  })
}
