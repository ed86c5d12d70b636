import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'

/** `endpoint` absent: the SDK's own, AWS_ENDPOINT_URL_CLOUDWATCH. */
export function makeCloudWatchClient(options: { endpoint?: string } = {}): CloudWatchClient {
  return new CloudWatchClient({
    ...options,
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
  })
}
