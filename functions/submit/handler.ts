import { makeSpendStore } from '../adapters/dynamodb/spend-store.ts'
import { makeConfiguredProviders, type ProviderSettings } from '../adapters/provider/configured-providers.ts'
import { makeDepths } from '../adapters/sqs/depths.ts'
import { randomIds } from '../adapters/system/ids.ts'
import { makeWorkerPorts, sha256, workerName } from '../adapters/worker-ports.ts'
import { settingsOf } from '../contract/function-settings.ts'
import type { Settings } from '../contract/settings.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { sqsHandler } from '../runtime/sqs-batch.ts'
import { makeClockSync } from '../runtime/sync-clock.ts'
import { assembleSubmit } from './assemble.ts'
import type { SubmitSettings } from './ports.ts'

type Spend = Pick<Settings, 'spendPerHour' | 'spendPerDay'>
const env = parseEnv(process.env, {
  required: ['tableName', 'taskQueueUrl', 'pollQueueUrl', 'resultQueueUrl', 'deadLetterQueueUrl', 'apiKeySecretArn'],
  numbers: ['timeoutSeconds', 'maxReceiveCount'],
  optional: ['providerUrl', 'backupProviderUrl', 'pingbackUrl'],
  settings: settingsOf<'submit', ProviderSettings & Spend & SubmitSettings>('submit'),
})
const worker = workerName()
const ports = makeWorkerPorts({ ...env, log: makeLog({ function: 'submit', worker }) })
const spend = makeSpendStore({
  client: ports.dynamo,
  tableName: env.tableName,
  perHour: env.spendPerHour,
  perDay: env.spendPerDay,
})
const depths = makeDepths({ client: ports.sqs, queueUrls: ports.queueUrls })
const providers = makeConfiguredProviders({ ...ports, env })
const submit = assembleSubmit(
  { ...ports, spend, depths, providers, ids: randomIds, digest: sha256 },
  { ...env, worker },
)

export const handler = sqsHandler(ports.clock, makeClockSync(ports.tasks), submit)
