import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda'
import { makeSecretEntry } from '../adapters/secrets/stored-entry.ts'
import { systemClock } from '../adapters/system/clock.ts'
import { randomIds } from '../adapters/system/ids.ts'
import { makeServerClock } from '../adapters/system/server-clock.ts'
import { settingsOf } from '../contract/function-settings.ts'
import { providersOf } from '../contract/providers.ts'
import { HEALTH_TOKEN_ENTRY } from '../contract/stack.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { makeDeep } from './deep/deep.ts'
import { makeLastRun } from './deep/last-run.ts'
import { healthRequestOf, urlResultOf } from './function-url.ts'
import { makeHealth } from './health.ts'
import { makeHistoryCache } from './history-cache.ts'
import { makeRecordCache, READ_LIMITS } from './record-cache.ts'
import type { DeepSettings, HealthSettings } from './settings.ts'
import { makeTokenCheck } from './token-check.ts'

// once per execution environment: nothing here loads the AWS SDK, so that the live view never waits for it
const startedAt = performance.now()
const env = parseEnv(process.env, {
  required: ['tableName', 'taskQueueUrl', 'fleet', 'apiKeySecretArn'],
  numbers: ['timeoutSeconds'],
  optional: ['providerUrl', 'backupProviderUrl', 'healthToken', 'version'],
  settings: settingsOf<'health', HealthSettings & DeepSettings>('health'),
})
const clock = makeServerClock(systemClock)
const log = makeLog({ function: 'health' })

// when the first view asks for the record, the first page for the history, and the first request brings a token
const part = () => import('../adapters/health-ports.ts')
const load = async () => (await part()).makeHealthStores(env.tableName, { serverClock: clock, ...READ_LIMITS })
const loadLastRun = async () => (await part()).makeLastRunStore(env.tableName, READ_LIMITS)
const loadHistory = async () => (await part()).makeHistory(env.tableName, READ_LIMITS)
const loadSecret = async () => (await part()).makeTokenReader(env.apiKeySecretArn)

// when the deep view is first asked for, and for each of its runs
const loadRuns = async () => (await import('../adapters/deep-ports.ts')).makeDeepRuns(env, clock)
const loadReached = async () => (await import('../adapters/deep-ports.ts')).makeReached({ env, clock, log })

const stored = makeSecretEntry(HEALTH_TOKEN_ENTRY, { load: loadSecret, clock, log })
const access = makeTokenCheck({ stage: env.fleet, configured: env.healthToken, stored })
const ticks = () => performance.now()
const look = makeRecordCache({ load, clock, ticks, log })
const history = makeHistoryCache({ load: loadHistory, clock, ticks, log })
const self = {
  settings: env,
  providers: providersOf(env.provider, env.backupProviderUrl !== undefined),
  version: env.version ?? 'unknown',
  uptimeMs: () => Math.round(performance.now() - startedAt),
}
const leaseMs = 1000 * env.timeoutSeconds
const deep = makeDeep({ loadRuns, loadReached, clock, ticks, ids: randomIds, log, leaseMs }, self)
const { shownRun: lastRun } = makeLastRun(async () => (await loadLastRun()).read(), { clock, ticks })
const health = makeHealth({ look, history, access, deep, lastRun, clock, ids: randomIds, log }, self)

// once per request
export const handler = async (event: LambdaFunctionURLEvent): Promise<LambdaFunctionURLResult> =>
  urlResultOf(await health(healthRequestOf(event)))
