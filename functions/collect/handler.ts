import { makeConfiguredProviders, type ProviderSettings } from '../adapters/provider/configured-providers.ts'
import { makeVisibility } from '../adapters/sqs/visibility.ts'
import { makeWorkerPorts, workerName } from '../adapters/worker-ports.ts'
import { settingsOf } from '../contract/function-settings.ts'
import { makeBeginInvocation } from '../runtime/begin-invocation.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { sqsHandler } from '../runtime/sqs-batch.ts'
import { makeFleetKeys } from '../worker/fleet-keys.ts'
import { assembleCollect, type CollectSettings } from './assemble.ts'

const env = parseEnv(process.env, {
  required: ['tableName', 'taskQueueUrl', 'pollQueueUrl', 'resultQueueUrl', 'deadLetterQueueUrl', 'apiKeySecretArn'],
  numbers: ['timeoutSeconds'],
  optional: ['providerUrl', 'backupProviderUrl'],
  settings: settingsOf<'collect', ProviderSettings & CollectSettings>('collect'),
})
const worker = workerName()
const ports = makeWorkerPorts({ ...env, log: makeLog({ function: 'collect', worker }) })
const visibility = makeVisibility({ client: ports.sqs, queueUrl: env.pollQueueUrl, log: ports.log })
const keys = makeFleetKeys({ ...ports, env, by: worker, leaseSeconds: env.timeoutSeconds, retrySeconds: null })
const providers = makeConfiguredProviders({ ...ports, ...keys, env })
const collect = assembleCollect({ ...ports, ...keys, visibility, providers }, { ...env, worker })

export const handler = sqsHandler(makeBeginInvocation(ports), collect)
