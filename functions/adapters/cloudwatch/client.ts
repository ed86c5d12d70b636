import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'

/** Without `endpoint` the SDK uses its own, AWS_ENDPOINT_URL_CLOUDWATCH. */
export function makeCloudWatchClient(options: { endpoint?: string } = {}): CloudWatchClient {
  return new CloudWatchClient({
    ...options,
    maxAttempts: 3,
    retryMode: 'standard',
    requestHandler: { connectionTimeout: 1000, requestTimeout: 2000, throwOnRequestTimeout: true },
  })
}
