import { makeCloudWatchClient } from '../adapters/cloudwatch/client.ts'
import { makeMetricSink } from '../adapters/cloudwatch/metric-sink.ts'
import { makeAdmissionStore } from '../adapters/dynamodb/admission-store.ts'
import { makeDynamoClient } from '../adapters/dynamodb/client.ts'
import { makeDeepRunStore } from '../adapters/dynamodb/deep-run-store.ts'
import { makeHistoryStore } from '../adapters/dynamodb/history-store.ts'
import { makeOutcomeStore } from '../adapters/dynamodb/outcome-store.ts'
import { makeRecordStore } from '../adapters/dynamodb/record-store.ts'
import { makeIntake } from '../adapters/lambda/intake.ts'
import { makeLambdaApi } from '../adapters/lambda/lambda-api.ts'
import { makeConfiguredProviders, type ProviderSettings } from '../adapters/provider/configured-providers.ts'
import { makeSqsClient } from '../adapters/sqs/client.ts'
import { makeDepths } from '../adapters/sqs/depths.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { randomIds } from '../adapters/system/ids.ts'
import { makeServerClock } from '../adapters/system/server-clock.ts'
import { workerName } from '../adapters/worker-ports.ts'
import { settingsOf } from '../contract/function-settings.ts'
import { sweepRetrySeconds } from '../core/admission/route/key-rules.ts'
import { keyAcceptedAt } from '../core/record/deep-run.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { makeFleetKeys } from '../worker/fleet-keys.ts'
import { accountSeconds } from './ask-accounts.ts'
import { makeSweep, type SweepSettings } from './sweep.ts'

const env = parseEnv(process.env, {
  required: [
    'tableName',
    'taskQueueUrl',
    'pollQueueUrl',
    'deadLetterQueueUrl',
    'apiKeySecretArn',
    'intakeMappingId',
    'fleet',
  ],
  optional: ['providerUrl', 'backupProviderUrl'],
  settings: settingsOf<'sweep', ProviderSettings & SweepSettings>('sweep'),
})
const { AWS_REGION: region = '', AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_LAMBDA: endpoint = AWS_ENDPOINT_URL } = process.env
const log = makeLog({ function: 'sweep' })
const clock = makeServerClock(systemClock)
const client = makeDynamoClient({ serverClock: clock })
const { tableName } = env
const queueUrls = { tasks: env.taskQueueUrl, polls: env.pollQueueUrl, deadLetters: env.deadLetterQueueUrl }
const admission = makeAdmissionStore({ client, tableName })
const providerTimeoutSeconds = accountSeconds(env)
const deepRuns = makeDeepRunStore({ client, tableName })
const { known, shared } = makeFleetKeys({
  ...{ admission, clock, log, ids: randomIds, env, by: workerName() },
  leaseSeconds: 2 * providerTimeoutSeconds,
  retrySeconds: sweepRetrySeconds(env.keyRetrySeconds),
  acceptedAt: async (provider) => keyAcceptedAt(await deepRuns.read(), provider),
})

const sweep = makeSweep(
  {
    outcomes: makeOutcomeStore({ client, tableName, clock, log }),
    record: makeRecordStore({ client, tableName }),
    history: makeHistoryStore({ client, tableName }),
    depths: makeDepths({ client: makeSqsClient(), queueUrls }),
    providers: makeConfiguredProviders({ env: { ...env, providerTimeoutSeconds }, clock, log, shared }),
    admission,
    known,
    intake: makeIntake({ call: makeLambdaApi({ region, endpoint }), mappingId: env.intakeMappingId, clock }),
    metrics: makeMetricSink({ client: makeCloudWatchClient(), fleet: env.fleet }),
    clock,
    log,
  },
  env,
)

// once per schedule; a sweep that rejects is a failed invocation, which an alarm sees
export const handler = async (): Promise<void> => {
  await sweep()
}
