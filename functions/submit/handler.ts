import { makeConfiguredProviders, type ProviderSettings } from '../adapters/provider/configured-providers.ts'
import { makeWorkerPorts, sha256, workerName } from '../adapters/worker-ports.ts'
import { settingsOf } from '../contract/function-settings.ts'
import { makeBeginInvocation } from '../runtime/begin-invocation.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { sqsHandler } from '../runtime/sqs-batch.ts'
import { makeFleetKeys } from '../worker/fleet-keys.ts'
import { assembleSubmit } from './assemble.ts'
import type { SubmitSettings } from './ports.ts'

const env = parseEnv(process.env, {
  required: ['tableName', 'taskQueueUrl', 'pollQueueUrl', 'resultQueueUrl', 'deadLetterQueueUrl', 'apiKeySecretArn'],
  numbers: ['timeoutSeconds', 'maxReceiveCount'],
  optional: ['providerUrl', 'backupProviderUrl', 'pingbackUrl'],
  settings: settingsOf<'submit', ProviderSettings & SubmitSettings>('submit'),
})
const worker = workerName()
const ports = makeWorkerPorts({ ...env, log: makeLog({ function: 'submit', worker }) })
const keys = makeFleetKeys({ ...ports, env, by: worker, leaseSeconds: env.timeoutSeconds, retrySeconds: null })
const providers = makeConfiguredProviders({ ...ports, ...keys, env })
const submit = assembleSubmit({ ...ports, ...keys, providers, digest: sha256 }, { ...env, worker })

export const handler = sqsHandler(makeBeginInvocation(ports), submit)
