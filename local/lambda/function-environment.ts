import type { Credentials } from '../gateway/credentials.ts'
import { REGION } from '../template/known-names.ts'
import type { FunctionPlan } from '../template/plan.ts'

/** Nothing listens there: a client of a service that is not served locally is refused at once. */
const NOWHERE = 'http://127.0.0.1:9'

/**
 * All environment variables of a function: what the template gives it, what Lambda itself sets, its credentials of this
 * run, and the gateway as every service's endpoint. Nothing of the caller's environment is in it, so its real
 * credentials, profiles and proxies cannot be used.
 */
export function functionEnvironment(
  plan: FunctionPlan,
  gatewayUrl: string,
  { accessKeyId, secretAccessKey }: Credentials,
): Record<string, string> {
  return {
    ...plan.environment,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: NOWHERE,
    AWS_ENDPOINT_URL_SQS: gatewayUrl,
    AWS_ENDPOINT_URL_DYNAMODB: gatewayUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: gatewayUrl,
    AWS_ENDPOINT_URL_CLOUDWATCH: gatewayUrl,
    AWS_ENDPOINT_URL_LAMBDA: gatewayUrl,
    AWS_LAMBDA_FUNCTION_NAME: plan.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(plan.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${plan.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    TZ: ':UTC',
  }
}
