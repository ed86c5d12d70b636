import { createServer, type Server } from 'node:http'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeAdmissionStore } from '../../functions/adapters/dynamodb/admission-store.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { ENV } from '../../functions/contract/env.ts'
import { FUNCTION_SETTINGS } from '../../functions/contract/function-settings.ts'
import { SETTINGS, settingVariable } from '../../functions/contract/settings.ts'
import { listen, urlOf } from '../../local/support/listen.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { fauxqsEngine } from '../engines/fauxqs.ts'
import { createQueue } from '../stores/queues.ts'
import { createTable, type TestTable } from '../stores/table.ts'

const engines: RunningEngine[] = []
let server: Server
let table: TestTable
let handler: typeof import('../../functions/sweep/handler.ts')['handler']
const before = { ...process.env }
/** Seconds for which the lease of the new key still lasted when the provider received the first account call. */
const leases: number[] = []

/** The secret, the intake, the metrics, and the provider, which looks at the admission item before it answers. */
async function answer(path: string, target: string): Promise<string> {
  if (target.startsWith('secretsmanager.')) return JSON.stringify({ SecretString: '{"captchaai":"a-new-key"}' })
  if (path.startsWith('/2015-03-31/')) return JSON.stringify({ State: 'Enabled' })
  if (!path.startsWith('/res.php')) return '{}'
  const found = await makeAdmissionStore(table).read()
  const lease = found.kind === 'admission' ? found.admission.control.providers.captchaai?.key.lease : null
  if (lease !== null && lease !== undefined) leases.push((lease.until - Date.now()) / 1000)
  return JSON.stringify({ status: 1, request: '23.5' })
}

beforeAll(async () => {
  const [dynamodb, sqs] = await Promise.all([dynaliteEngine.start(), fauxqsEngine.start()])
  engines.push(dynamodb, sqs)
  table = await createTable(dynamodb.endpoint)
  server = createServer((request, response) => {
    request.resume().on('end', async () => {
      const text = await answer(request.url ?? '', String(request.headers['x-amz-target']))
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(text)
    })
  })
  const url = urlOf(await listen(server, { what: 'the APIs of the test', port: 0, variable: 'none' }))
  const [tasks, polls, dead] = await Promise.all([1, 2, 3].map(() => createQueue(sqs.endpoint)))
  if (tasks === undefined || polls === undefined || dead === undefined) throw new Error('no queues')
  for (const queue of [polls, dead, dead])
    await queue.client.send(new SendMessageCommand({ QueueUrl: queue.queueUrl, MessageBody: 'any' }))
  const settings = FUNCTION_SETTINGS.sweep.map((name) => [settingVariable(name), String(SETTINGS[name].default ?? '')])
  Object.assign(process.env, Object.fromEntries(settings), {
    [settingVariable('providerTimeoutSeconds')]: '7',
    [settingVariable('sweepSeconds')]: '10',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
    AWS_ENDPOINT_URL_SQS: sqs.endpoint,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
    AWS_ENDPOINT_URL_CLOUDWATCH: url,
    AWS_ENDPOINT_URL_LAMBDA: url,
    [ENV.tableName]: table.tableName,
    [ENV.taskQueueUrl]: tasks.queueUrl,
    [ENV.pollQueueUrl]: polls.queueUrl,
    [ENV.deadLetterQueueUrl]: dead.queueUrl,
    [ENV.apiKeySecretArn]: 'secret',
    [ENV.intakeMappingId]: 'mapping-1',
    [ENV.fleet]: 'test',
    [ENV.providerUrl]: url,
  })
  handler = (await import('../../functions/sweep/handler.ts')).handler
})
afterAll(async () => {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, before)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  for (const engine of engines) await engine.stop()
})

test('the sweep leases a new key for as long as its two account calls may take, and its record tells that it is good', async () => {
  await handler()
  const read = await makeRecordStore(table).read()
  if (!('record' in read) || read.record === null) throw new Error('no record was written')
  const { queue, totals } = read.record.evidence
  expect([queue.waiting, queue.inFlight, queue.deadLetters]).toEqual([0, 1, 2])
  expect(totals.changes.map(({ what, from, to }) => ({ what, from, to }))).toContainEqual({
    what: 'key',
    from: 'untried',
    to: 'good',
  })
  // Half of the period each, which is less than the provider is given. The table’s clock tells whole seconds.
  expect(leases[0]).toBeGreaterThan(8.5)
  expect(leases[0]).toBeLessThanOrEqual(11)
})
