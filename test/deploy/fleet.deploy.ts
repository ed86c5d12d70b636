import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LambdaClient, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda'
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../sim/provider/simulator.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { ministackEngine } from '../engines/ministack.ts'
import { ACCOUNT, cdk, cloudEnvironment, lifesign, REGION } from './cloud.ts'
import { LEFT_OUT, leaveOut } from './left-out.ts'

/**
 * The real app, deployed by the real CDK CLI to a CloudFormation engine, with our simulator as its provider; then used
 * as its users do. The tests are steps and stop at the first that fails.
 */
const STACK = 'Lifesign-dev'
const TASKS = 20
const CONTEXT = { stage: 'dev', firstPollSeconds: 2, pollSeconds: 1, spendPerDay: 1000, leaveNotReadySweeps: 1 }

let engine: RunningEngine
let provider: Simulator
let folder: string
let assembly: string
let outputs: Record<string, string>
/** What the secret holds, once it has been read. */
let held: Record<string, string> = {}
const began = Date.now()
const note = (text: string) => console.log(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${text}`)

beforeAll(async () => {
  // The engine runs the functions on the Node that it finds first: the pinned one, with nothing of ours to steer them.
  const { PATH = '' } = cloudEnvironment('http://127.0.0.1:4566')
  process.env.PATH = PATH
  folder = await mkdtemp(join(tmpdir(), 'lifesign-deploy-'))
  provider = await startSimulator({ port: 0, seed: 3, plan: { solveSeconds: [1, 4], solveRate: 1 } })
  engine = await ministackEngine.start()
  note(`MiniStack on ${engine.endpoint}, provider on ${provider.url}`)
})
afterAll(async () => {
  await engine?.stop()
  await provider?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function good(run: ReturnType<typeof cdk>) {
  const done = await run
  expect(done.code, `${done.out}\n${done.err}`).toBe(0)
  return done
}

/** As `cdk synth` writes it, less the resources that the engine lacks. */
async function synthesize(name: string, more: Record<string, string | number> = {}): Promise<string> {
  const into = join(folder, name)
  const context = { ...CONTEXT, providerUrl: provider.url, ...more }
  const words = Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  const { out, err } = await good(cdk(engine.endpoint, 'synth', '--quiet', '--output', into, ...words))
  expect(`${out}${err}`).not.toMatch(/\[?warning/i)
  const file = join(into, `${STACK}.template.json`)
  const { template, names } = leaveOut(JSON.parse(await readFile(file, 'utf8')), LEFT_OUT)
  note(`left out, because the engine lacks it: ${names.join(', ') || 'nothing'}`)
  if (names.length > 0) await writeFile(file, JSON.stringify(template))
  return into
}

const deploy = (app: string) =>
  good(
    cdk(engine.endpoint, 'deploy', '--app', app, '--require-approval', 'never', '--outputs-file', join(folder, 'out')),
  )

/** Function URLs are told apart by the host; the engine listens in one place. */
function get(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const token: Record<string, string> = held.healthToken ? { authorization: `Bearer ${held.healthToken}` } : {}
    const headers = { host: new URL(outputs.HealthUrl ?? '').host, ...token }
    request(new URL(path, engine.endpoint), { headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }))
    })
      .on('error', reject)
      .end()
  })
}

async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await sleep(500)
  }
}

test('the account is bootstrapped', async () => {
  await good(cdk(engine.endpoint, 'bootstrap', `aws://${ACCOUNT}/${REGION}`, '--app', ''))
  note('bootstrapped')
})

test('the app is synthesized without a warning and deployed, with every output of the contract', async () => {
  assembly = await synthesize('first')
  await deploy(assembly)
  outputs = JSON.parse(await readFile(join(folder, 'out'), 'utf8'))[STACK]
  note('deployed')
  const names = [
    'AlarmTopicArn',
    'ApiKeySecretArn',
    'DeadLetterQueueUrl',
    'HealthUrl',
    'ResultQueueUrl',
    'TableName',
    'TaskQueueUrl',
  ]
  expect(Object.keys(outputs)).toEqual(expect.arrayContaining(names))
  expect(outputs).not.toHaveProperty('PingbackUrl')
})

test('before there is a key live is 200, and ready is 503 and says why, without a token by a code only', async () => {
  expect(await get('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } })
  const { status, body } = await get('/health/ready')
  expect(status).toBe(503)
  // Unknown until the sweep at the end of the deployment has written its record.
  if (body.status === 'unknown') return
  expect(body).toMatchObject({ status: 'not_ready', issues: ['api_key_refused'] })
  expect(body).not.toHaveProperty('stats')
})

test('the key goes into the secret, beside what is in it', async () => {
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = cloudEnvironment(engine.endpoint)
  const secrets = new SecretsManagerClient({ endpoint, region })
  const SecretId = outputs.ApiKeySecretArn
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }))
  const keys = { ...JSON.parse(SecretString), captchaai: provider.key }
  await secrets.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(keys) }))
  held = keys
  expect(held.healthToken).toMatch(/^.{16,}$/)
  secrets.destroy()
})

test(`${TASKS} tasks sent through SQS are solved, one charge each`, async () => {
  const file = join(folder, 'tasks')
  const task = (i: number) =>
    JSON.stringify({ taskId: `deployed-${i}`, sitekey: '6Lc-deploy', pageurl: `https://a.example/${i}` })
  await writeFile(file, Array.from({ length: TASKS }, (_, i) => task(i)).join('\n'))
  const sent = await good(lifesign(engine.endpoint, 'send', '--stage', 'dev', '--file', file, '--json', '--wait', '90'))
  note(sent.err.trim())
  const results = sent.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(results.filter(({ status, attempts }) => status === 'solved' && attempts === 1)).toHaveLength(TASKS)
  const answers = new Map(provider.ledger().map(({ id, answer }) => [String(id), answer]))
  for (const { captchaId, solution } of results) expect(answers.get(captchaId)).toEqual(solution)
  expect(provider.ledger()).toHaveLength(TASKS)
})

test('the same task again is answered without another charge', async () => {
  const same = [
    '--sitekey',
    '6Lc-deploy',
    '--pageurl',
    'https://a.example/0',
    '--task-id',
    'deployed-0',
    '--wait',
    '30',
  ]
  await lifesign(engine.endpoint, 'send', '--stage', 'dev', ...same)
  expect(provider.ledger()).toHaveLength(TASKS)
})

test('a scheduled sweep sees them, and ready says so through the function URL', async () => {
  const seen = await until('ready with all solves seen', 150, async () => {
    const { status, body } = await get('/health/ready')
    return status === 200 && JSON.stringify(body.stats).includes(`"solved":${TASKS},`) ? body : undefined
  })
  note(`ready: ${JSON.stringify(seen.stats)}, ${JSON.stringify(seen.evidence)}`)
  expect(seen).toMatchObject({ status: 'ready', mode: 'normal', issues: [], stats: { failed: 0 } })
  expect((await get('/health')).status).toBe(200)
})

test('a message that is no task is a dead letter with its reason', async () => {
  const { SQSClient, SendMessageCommand } = await import('@aws-sdk/client-sqs')
  const sqs = new SQSClient({ endpoint: engine.endpoint, region: REGION, useQueueUrlAsEndpoint: false })
  await sqs.send(new SendMessageCommand({ QueueUrl: outputs.TaskQueueUrl, MessageBody: '{"siteKey":"x"}' }))
  sqs.destroy()
  const seen = await until('the dead letter', 60, async () => {
    const { out } = await good(lifesign(engine.endpoint, 'dead-letters', '--stage', 'dev', '--json'))
    const letters = JSON.parse(out)
    return letters.total > 0 ? letters : undefined
  })
  expect(seen).toMatchObject({ total: 1, reasons: { INVALID_TASK: { count: 1 } } })
})

test('a deploy that would drop a setting says so before CloudFormation starts', async () => {
  const words = ['-c', 'stage=dev', '-c', `providerUrl=${provider.url}`, '-c', 'firstPollSeconds=2']
  const { out, err } = await good(
    cdk(engine.endpoint, 'deploy', '--no-execute', '--require-approval', 'never', ...words),
  )
  const said = `${err}\n${out}`
  note(
    said
      .split('\n')
      .filter((line) => line.startsWith('note: '))
      .join(' | '),
  )
  for (const name of ['pollSeconds', 'spendPerDay', 'leaveNotReadySweeps'])
    expect(said).toMatch(new RegExp(`^note: Lifesign-dev: ${name} is dropped`, 'm'))
  expect(said).not.toMatch(/(firstPollSeconds|providerUrl) is (dropped|changed)/)
  expect(err.indexOf('is dropped')).toBeLessThan(err.indexOf('deploying'))
})

/** The state of submit's event source, by Lambda itself. */
async function stateOfIntake(): Promise<{ state: string | undefined; concurrency: number | undefined }> {
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_REGION: region = '' } = cloudEnvironment(engine.endpoint)
  const lambda = new LambdaClient({ endpoint, region })
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}))
  lambda.destroy()
  const tasks = /[^/]+$/.exec(outputs.TaskQueueUrl ?? '')?.[0] ?? 'no queue'
  const intake = EventSourceMappings.find(({ EventSourceArn = '' }) => EventSourceArn.endsWith(`:${tasks}`))
  return { state: intake?.State, concurrency: intake?.ScalingConfig?.MaximumConcurrency }
}
const reaches = (state: string) =>
  until(`the event source is ${state}`, 100, async () => ((await stateOfIntake()).state === state ? true : undefined))

test('a pause turns the event source off, and the views say who paused and why', { timeout: 200_000 }, async () => {
  expect((await stateOfIntake()).state).toBe('Enabled')
  const { out } = await good(lifesign(engine.endpoint, 'pause', '--stage', 'dev', '--reason', 'moving house'))
  expect(out).toContain('stage dev is paused')
  const { status, body } = await get('/health/ready')
  expect({ status, issues: body.issues }).toEqual({ status: 503, issues: ['paused'] })
  expect(JSON.stringify(body.trace)).toMatch(/"observed":"[^"]+: moving house"/)
  await reaches('Disabled')
  note('paused: the event source is off')
})

test('a deploy while paused by a person stays paused, also one that changes the event source itself (row 54)', {
  timeout: 300_000,
}, async () => {
  const before = provider.ledger().length
  await good(
    lifesign(
      engine.endpoint,
      'send',
      '--stage',
      'dev',
      '--sitekey',
      'k',
      '--pageurl',
      'https://a.example/paused',
      '--no-wait',
    ),
  )
  const concurrency = (await stateOfIntake()).concurrency ?? 0
  await deploy(await synthesize('paused', { reservedConcurrency: concurrency - 1 }))
  const changed = await stateOfIntake()
  note(`deployed while paused: ${JSON.stringify(changed)}`)
  expect(changed.concurrency).toBe(concurrency - 1)
  await reaches('Disabled')
  expect((await get('/health/ready')).body.issues).toEqual(['paused'])
  expect(provider.ledger()).toHaveLength(before)
})

test('a resume turns the event source on again, and the task that waited is solved', { timeout: 200_000 }, async () => {
  const before = provider.ledger().length
  await good(lifesign(engine.endpoint, 'resume', '--stage', 'dev'))
  await reaches('Enabled')
  await until('the waiting task is paid for', 60, async () => (provider.ledger().length > before ? true : undefined))
  await deploy(assembly)
  note('resumed')
})

test('the same app deployed again changes nothing', async () => {
  const { out, err } = await deploy(await synthesize('second'))
  expect(`${out}${err}`).toContain('(no changes)')
  note('deployed again: no changes')
})

test('the stack is destroyed', async () => {
  await good(cdk(engine.endpoint, 'destroy', '--app', assembly, '--force'))
  const { code, err } = await lifesign(engine.endpoint, 'dead-letters', '--stage', 'dev')
  expect({ code, err }).toEqual({ code: 4, err: expect.stringMatching(/does not exist/) })
  note('destroyed')
})
