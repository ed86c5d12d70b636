import { afterAll, beforeAll, expect, test } from 'vitest'
import { ENV } from '../../functions/contract/env.ts'
import { FUNCTION_SETTINGS } from '../../functions/contract/function-settings.ts'
import { SETTINGS, settingVariable } from '../../functions/contract/settings.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { createTable } from '../stores/table.ts'

let engine: RunningEngine
let handler: typeof import('../../functions/pingback/handler.ts')['handler']
const before = { ...process.env }

beforeAll(async () => {
  engine = await dynaliteEngine.start()
  const { tableName } = await createTable(engine.endpoint)
  const settings = FUNCTION_SETTINGS.pingback.map((name) => [
    settingVariable(name),
    String(SETTINGS[name].default ?? ''),
  ])
  Object.assign(process.env, Object.fromEntries(settings), {
    AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
    [ENV.tableName]: tableName,
    [ENV.resultQueueUrl]: 'http://127.0.0.1:9/results',
    [ENV.apiKeySecretArn]: 'secret',
    [ENV.timeoutSeconds]: '18',
    [ENV.fleet]: 'test',
  })
  handler = (await import('../../functions/pingback/handler.ts')).handler
})
afterAll(async () => {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, before)
  await engine.stop()
})

const event = (rawPath: string, rawQueryString = '', body?: string, isBase64Encoded = false) => ({
  ...{ version: '2.0', routeKey: '$default', rawPath, rawQueryString, headers: {}, isBase64Encoded },
  ...(body === undefined ? {} : { body }),
})

test.each([
  ['no address of ours', event('/')],
  ['a path that cannot be decoded', event('/pingback/%E0%A4%A/a/b', 'id=1')],
  ['an unknown task, by GET', event(`/pingback/nobody/${'a'.repeat(32)}/${'b'.repeat(32)}`, 'id=74213&code=x')],
  ['an unknown task, by POST', event('/pingback/nobody/a/b', '', 'id=74213&code=x')],
  ['a body in base64', event('/pingback/nobody/a/b', '', btoa('id=74213'), true)],
  ['a body that is no form', event('/pingback/nobody/a/b', '', '\u0000{', false)],
])('whatever comes, the caller gets the same empty 200: %s', async (_, given) => {
  const context = { awsRequestId: 'i1', getRemainingTimeInMillis: () => 18_000 }
  expect(await Reflect.apply(handler, null, [given, context])).toEqual({ statusCode: 200, body: '' })
})
