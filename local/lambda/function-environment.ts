import type { Credentials } from '../gateway/credentials.ts'
import { REGION } from '../template/known-names.ts'
import type { FunctionPlan } from '../template/plan.ts'

/** No program listens on this port: clients of services that are not served locally are refused at once. */
const NOWHERE = 'http://127.0.0.1:9'

/**
 * All environment variables of a function: those of the template, those that Lambda sets, the function's credentials of
 * this run, and the gateway as the endpoint of every service. Nothing is taken from the caller's environment, so the
 * caller's real credentials, profiles and proxies cannot be used.
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
