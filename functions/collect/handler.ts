import { makeConfiguredProviders, type ProviderSettings } from '../adapters/provider/configured-providers.ts'
import { makeVisibility } from '../adapters/sqs/visibility.ts'
import { makeWorkerPorts, workerName } from '../adapters/worker-ports.ts'
import { settingsOf } from '../contract/function-settings.ts'
import { providersOf } from '../contract/providers.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { sqsHandler } from '../runtime/sqs-batch.ts'
import { makeClockSync } from '../runtime/sync-clock.ts'
import { makeKnownAdmission } from '../worker/known-admission.ts'
import { makeSharedKeys } from '../worker/shared-keys.ts'
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
const known = makeKnownAdmission(ports)
const order = providersOf(env.provider, env.backupProviderUrl !== undefined)
const keySettings = { ...env, order, leaseSeconds: env.timeoutSeconds }
const shared = makeSharedKeys({ ...ports, known, by: worker, retrySeconds: null, settings: keySettings })
const providers = makeConfiguredProviders({ ...ports, env, shared })
const collect = assembleCollect({ ...ports, known, visibility, providers }, { ...env, worker })

export const handler = sqsHandler(ports.clock, makeClockSync(ports.tasks), collect)
