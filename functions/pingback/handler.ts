import type { Context, LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda'
import { makeConfiguredProviders, type ProviderSettings } from '../adapters/provider/configured-providers.ts'
import { makeWorkerPorts, sameSecret, workerName } from '../adapters/worker-ports.ts'
import { settingsOf } from '../contract/function-settings.ts'
import type { DwellSetting } from '../core/admission/route/router.ts'
import { readPingbackPath } from '../core/task/pingback-address.ts'
import { makeBeginInvocation } from '../runtime/begin-invocation.ts'
import { makeEmbeddedCount } from '../runtime/embedded-metric.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { makeFleetKeys } from '../worker/fleet-keys.ts'
import { assemblePingback, type PingbackSettings } from './assemble.ts'
import { captchaIdOf } from './request.ts'

const env = parseEnv(process.env, {
  required: ['tableName', 'resultQueueUrl', 'apiKeySecretArn', 'fleet'],
  numbers: ['timeoutSeconds'],
  optional: ['providerUrl', 'backupProviderUrl'],
  settings: settingsOf<'pingback', ProviderSettings & PingbackSettings & DwellSetting>('pingback'),
})
const worker = workerName()
const ports = makeWorkerPorts({ ...env, log: makeLog({ function: 'pingback', worker }) })
const keys = makeFleetKeys({ ...ports, env, by: worker, leaseSeconds: env.timeoutSeconds, retrySeconds: null })
const providers = makeConfiguredProviders({ ...ports, ...keys, env })
const count = makeEmbeddedCount(env.fleet, ports.clock)
const pingback = assemblePingback({ ...ports, providers, same: sameSecret, count }, { ...env, worker })
const begin = makeBeginInvocation(ports)

/** Whatever comes, the caller gets the same answer. */
export async function handler(event: LambdaFunctionURLEvent, context: Context): Promise<LambdaFunctionURLResult> {
  await pingback(readPingbackPath(event.rawPath), captchaIdOf(event), await begin(context))
  return { statusCode: 200, body: '' }
}
