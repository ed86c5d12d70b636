import type { LambdaFunctionURLEvent, LambdaFunctionURLResult } from 'aws-lambda'
import { systemClock } from '../adapters/clock.ts'
import { randomIds } from '../adapters/ids.ts'
import { makeServerClock } from '../adapters/server-clock.ts'
import { FUNCTION_SETTINGS, providersOf } from '../contract.ts'
import { parseEnv } from '../runtime/env.ts'
import { makeLog } from '../runtime/log.ts'
import { requestOf, resultOf } from './function-url.ts'
import { makeHealth } from './health.ts'
import { makeRecordCache, READ_LIMITS } from './record-cache.ts'

// once per execution environment: nothing here loads the AWS SDK, so that the live view never waits for it
const startedAt = performance.now()
const env = parseEnv(process.env, {
  required: ['tableName'],
  optional: ['backupProviderUrl', 'healthToken', 'version'],
  settings: FUNCTION_SETTINGS.health,
})
const clock = makeServerClock(systemClock)
const log = makeLog({ function: 'health' })

// when the first view asks for the record
const load = async () => {
  const { makeDynamoClient } = await import('../adapters/dynamo-client.ts')
  const { makeRecordStore } = await import('../adapters/dynamo-record.ts')
  const client = makeDynamoClient({ serverClock: clock, ...READ_LIMITS })
  return makeRecordStore({ client, tableName: env.tableName })
}

const look = makeRecordCache({ load, clock, ticks: () => performance.now(), log })
const self = {
  settings: env,
  providers: providersOf(env.provider, env.backupProviderUrl !== undefined),
  version: env.version ?? 'unknown',
  uptimeMs: () => Math.round(performance.now() - startedAt),
}
const health = makeHealth({ look, clock, ids: randomIds, log }, self, env.healthToken)

// once per request
export const handler = async (event: LambdaFunctionURLEvent): Promise<LambdaFunctionURLResult> =>
  resultOf(await health(requestOf(event)))
