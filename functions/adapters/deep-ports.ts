import type { ProviderName } from '../contract/providers.ts'
import type { Clock, DeepRunStore, Log } from '../core/ports.ts'
import { makeDynamoClient } from './dynamodb/client.ts'
import { makeDeepRunStore } from './dynamodb/deep-run-store.ts'
import { makeRecordStore } from './dynamodb/record-store.ts'
import { makeKeys } from './provider/keys.ts'
import { makeProviders } from './provider/providers.ts'
import { UNSHARED_KEYS } from './provider/unshared-keys.ts'
import { makeSecretReader } from './secrets/secret-reader.ts'
import { makeSqsClient } from './sqs/client.ts'
import { makeDepths } from './sqs/depths.ts'
import type { ServerClock } from './system/server-clock.ts'

/** No submit of a paid probe takes longer than this, whatever the setting is: the caller of the view waits. */
const MOST_SECONDS = 10

interface DeepEnv {
  tableName: string
  taskQueueUrl: string
  apiKeySecretArn: string
  provider: ProviderName
  providerTimeoutSeconds: number
  providerUrl?: string | undefined
  backupProviderUrl?: string | undefined
}

/** The store of deep runs. */
export function makeDeepRuns({ tableName }: Pick<DeepEnv, 'tableName'>, serverClock: ServerClock): DeepRunStore {
  return makeDeepRunStore({ client: makeDynamoClient({ serverClock }), tableName })
}

/** Everything that the probes of one run call. The keys have no memory: one that was refused before is sent again. */
export function makeReached({ env, clock, log }: { env: DeepEnv; clock: Clock; log: Log }) {
  const secret = makeSecretReader(env.apiKeySecretArn)
  const timeoutSeconds = Math.min(env.providerTimeoutSeconds, MOST_SECONDS)
  const keys = makeKeys({ secret, clock, log, shared: UNSHARED_KEYS, keyRetrySeconds: 0 })
  const { provider: profile, providerUrl, backupProviderUrl } = env
  return {
    accounts: makeProviders({ profile, providerUrl, backupProviderUrl, keys, timeoutSeconds, clock, log }),
    depths: makeDepths({ client: makeSqsClient(), queueUrls: { tasks: env.taskQueueUrl } }),
    record: makeRecordStore({ client: makeDynamoClient(), tableName: env.tableName }),
    secret,
  }
}
