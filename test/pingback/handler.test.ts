import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeOutcomeStore } from '../../functions/adapters/dynamodb/outcome-store.ts'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import { ENV } from '../../functions/contract/env.ts'
import { FUNCTION_SETTINGS } from '../../functions/contract/function-settings.ts'
import { SETTINGS, settingVariable } from '../../functions/contract/settings.ts'
import { listen, urlOf } from '../../local/support/listen.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { fauxqsEngine } from '../engines/fauxqs.ts'
import { claimedItem } from '../stores/builders.ts'
import { createQueue, type TestQueue } from '../stores/queues.ts'
import { createTable, type TestTable } from '../stores/table.ts'

const engines: RunningEngine[] = []
let server: Server
let table: TestTable
let results: TestQueue
/** Ids about which the provider was asked. */
const asked: (string | null)[] = []
let handler: typeof import('../../functions/pingback/handler.ts')['handler']
const before = { ...process.env }

/** The secret, and the provider that has solved everything. */
function answer(path: string, target: string): string {
  if (target.startsWith('secretsmanager.')) return JSON.stringify({ SecretString: '{"captchaai":"a-key"}' })
  asked.push(new URL(path, 'http://provider.test').searchParams.get('id'))
  return JSON.stringify({ status: 1, request: '03AG-solution' })
}

beforeAll(async () => {
  const [dynamodb, sqs] = await Promise.all([dynaliteEngine.start(), fauxqsEngine.start()])
  engines.push(dynamodb, sqs)
  table = await createTable(dynamodb.endpoint)
  results = await createQueue(sqs.endpoint)
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      const text = answer(request.url ?? '', String(request.headers['x-amz-target']))
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(text)
    })
  })
  const url = urlOf(await listen(server, { what: 'the APIs of the test', port: 0, variable: 'none' }))
  const settings = FUNCTION_SETTINGS.pingback.map((name) => [
    settingVariable(name),
    String(SETTINGS[name].default ?? ''),
  ])
  Object.assign(process.env, Object.fromEntries(settings), {
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
    [ENV.providerUrl]: url,
    [ENV.tableName]: table.tableName,
    [ENV.resultQueueUrl]: results.queueUrl,
    [ENV.apiKeySecretArn]: 'secret',
    [ENV.timeoutSeconds]: '18',
    [ENV.fleet]: 'test',
  })
  handler = (await import('../../functions/pingback/handler.ts')).handler
})
afterAll(async () => {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, before)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  for (const engine of engines) await engine.stop()
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

test('a call that is believed has settled the task, sent its result and counted it under the id of the invocation when it is answered', async () => {
  const now = Date.now()
  const clock = { now: Date.now, sleep: async () => {} }
  const tasks = makeTaskStore({ ...table, clock })
  const times = { enqueuedAt: now - 9000, deadlineAt: now + 291_000, leaseUntil: now + 21_000 }
  const item = claimedItem({
    ...times,
    taskId: 'order:7',
    token: 'c0ffee'.repeat(5),
    ttl: Math.ceil(now / 1000) + 9000,
  })
  const { taskId, attempt } = item
  await tasks.apply({ kind: 'claim', item, fence: null })
  const submitted = { provider: 'captchaai', captchaId: '7301', submittedAt: now - 8000 }
  await tasks.apply({ kind: 'submitted', taskId, attempt, ...submitted })
  const context = { awsRequestId: 'request-7', getRemainingTimeInMillis: () => 18_000 }
  const given = event(`/pingback/${encodeURIComponent(taskId)}/${attempt}/${item.token}`, 'id=7301')
  expect(await Reflect.apply(handler, null, [given, context])).toEqual({ statusCode: 200, body: '' })
  expect(asked).toEqual(['7301'])
  const [sent, ...others] = await results.receive()
  expect([JSON.parse(sent?.body ?? '{}'), others]).toMatchObject([
    { taskId, status: 'solved', solution: '03AG-solution', captchaId: '7301', attempts: 1 },
    [],
  ])
  expect(await tasks.read(taskId)).toMatchObject({ state: 'solved', accounting: { invocation: 'request-7' } })
  const outcomes = makeOutcomeStore({ ...table, clock, log: () => {} })
  expect(await outcomes.has('request-7', now - 60_000, now + 60_000)).toBe(true)
})
