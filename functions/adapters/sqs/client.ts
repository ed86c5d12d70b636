import { SQSClient } from '@aws-sdk/client-sqs'

/** `endpoint` absent: the SDK's own, AWS_ENDPOINT_URL_SQS. It wins over the host in a queue's URL. */
export function makeSqsClient(options: { endpoint?: string } = {}): SQSClient {
  return new SQSClient({
    ...options,
    useQueueUrlAsEndpoint: false,
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1000, requestTimeout: 1000, throwOnRequestTimeout: true },
  })
}
