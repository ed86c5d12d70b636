import { makeConfiguredProviders, type ProviderSettings } from '../adapters/provider/configured-providers.ts'
import { makeWorkerPorts, sha256, workerName } from '../adapters/worker-ports.ts'
import { settingsOf } from '../contract/function-settings.ts'
import { providersOf } from '../contract/providers.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { sqsHandler } from '../runtime/sqs-batch.ts'
import { makeClockSync } from '../runtime/sync-clock.ts'
import { makeKnownAdmission } from '../worker/known-admission.ts'
import { makeSharedKeys } from '../worker/shared-keys.ts'
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
const known = makeKnownAdmission(ports)
const order = providersOf(env.provider, env.backupProviderUrl !== undefined)
const keySettings = { ...env, order, leaseSeconds: env.timeoutSeconds }
const shared = makeSharedKeys({ ...ports, known, by: worker, retrySeconds: null, settings: keySettings })
const providers = makeConfiguredProviders({ ...ports, env, shared })
const submit = assembleSubmit({ ...ports, known, providers, digest: sha256 }, { ...env, worker })

export const handler = sqsHandler(ports.clock, makeClockSync(ports.tasks), submit)
