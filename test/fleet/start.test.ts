import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetItemCommand } from '@aws-sdk/client-dynamodb'
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import { makeLocalDynamoClient, makeLocalSqsClient } from '../../local/clients.ts'
import { startSimulator } from '../../sim/provider/simulator.ts'
import { folder, later, until as untilIn } from '../local/bundles.ts'
import { startRecorder } from '../local/recorder.ts'
import { type Program, start } from './programs.ts'

const until = (what: string, look: () => Promise<boolean>) => untilIn(what, look, 20_000)
const QUICK = ['sweepSeconds=1', 'firstPollSeconds=1', 'pollSeconds=1', 'providerTimeoutSeconds=2', 'settlingSeconds=1']
const args = [...QUICK, 'balanceSeconds=2'].flatMap((setting) => ['-c', setting])

async function simulator() {
  const made = await startSimulator({ plan: { solveSeconds: [0, 3] } })
  later(() => made.stop())
  return { made, env: { LIFESIGN_PROVIDER_URL: made.url, CAPTCHAAI_API_KEY: made.key } }
}

/** Speaks to a fleet as a client does: by queue and table. */
function clientOf(sqsUrl: string, dynamodbUrl: string) {
  const [sqs, dynamo] = [makeLocalSqsClient(sqsUrl), makeLocalDynamoClient(dynamodbUrl)]
  later(() => sqs.destroy())
  later(() => dynamo.destroy())
  const queue = (name: string) => `${sqsUrl}/000000000000/lifesign-${name}`
  const results = new Map<string, Record<string, unknown>>()
  return {
    results,
    async send(ids: string[]) {
      for (let n = 0; n < ids.length; n += 10) {
        const Entries = ids.slice(n, n + 10).map((taskId, index) => ({
          Id: `${index}`,
          MessageBody: JSON.stringify({ taskId, sitekey: 'key', pageurl: `https://a.test/${taskId}` }),
        }))
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue('tasks'), Entries }))
      }
    },
    async collect() {
      const QueueUrl = queue('results')
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      )
      for (const { Body = '{}', ReceiptHandle } of Messages) {
        const result = JSON.parse(Body)
        results.set(result.taskId, result)
        await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }))
      }
    },
    async item(taskId: string) {
      const Key = { pk: { S: `task#${taskId}` }, sk: { S: 'task' } }
      const { Item } = await dynamo.send(new GetItemCommand({ TableName: 'lifesign', Key, ConsistentRead: true }))
      return Item === undefined ? undefined : unmarshall(Item)
    },
    async attributes(name: string) {
      const command = new GetQueueAttributesCommand({ QueueUrl: queue(name), AttributeNames: ['All'] })
      return (await sqs.send(command)).Attributes ?? {}
    },
  }
}
const clientOfFleet = (fleet: Program) => clientOf(fleet.url('SQS'), fleet.url('DynamoDB'))
const ids = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}-${n}`)

// Whole programs, one after another; how long each step may take is said where it is awaited.
describe('npm start', { timeout: 90_000 }, () => {
  it('solves a task by itself, says where everything is, and stops with code 0 on SIGTERM', async () => {
    const fleet = start('local', { LIFESIGN_DATA: folder() }, args)
    const ready = await fleet.until(/^ready:/)
    expect(Number(/^ready: ([\d.]+) s$/.exec(ready)?.[1])).toBeGreaterThan(0.3)
    for (const word of ['health', 'SQS', 'DynamoDB', 'provider', 'control']) expect(fleet.url(word), word).not.toBe('')
    expect(fleet.lines.join('\n')).toContain('npm run send -- --sitekey')
    const client = clientOfFleet(fleet)
    await client.send(['one'])
    await until('the record is swept', async () => {
      const ready = await fetch(`${fleet.url('health')}/health/ready`)
      return ready.status === 200
    })
    // probe flood (row 43): each gets an answer of the view, none is throttled
    const flood = Array.from({ length: 300 }, () => fetch(`${fleet.url('health')}/health/live`))
    const told = new Set((await Promise.all(flood)).map(({ status }) => status))
    expect([...told]).toEqual([200])
    fleet.signal('SIGTERM')
    const end = await fleet.ended
    expect(end).toMatchObject({ code: 0, signal: null })
    expect(end.ms).toBeLessThan(5000)
  })

  it('stops with code 0 and nothing but a word while it is still starting, too', async () => {
    const data = folder()
    const fleet = start('local', { LIFESIGN_DATA: data })
    // It opens its log in the turn in which it begins to listen for signals, long before it is ready.
    await until('it has begun', async () => existsSync(join(data, 'logs', 'fleet.jsonl')))
    fleet.signal('SIGINT')
    fleet.signal('SIGINT') // as from a terminal: the second one comes from npm
    const end = await fleet.ended // its output is closed, so no child of it is left
    expect(end).toMatchObject({ code: 0, signal: null })
    expect(end.ms).toBeLessThan(5000)
    expect(fleet.lines.filter((line) => !line.startsWith('stopping')).join('\n')).not.toMatch(/error|^\s+at |^ready/m)
  })

  it("keeps settled state and every task's one charge when the local engine is killed with -9 in mid-run (row 55)", async () => {
    const { made, env } = await simulator()
    const data = folder()
    const first = start('local', { ...env, LIFESIGN_DATA: data }, args)
    await first.until(/^ready:/)
    const before = clientOfFleet(first)
    const sent = ids('kept', 60)
    await before.send(sent)
    await until('some are settled', async () => {
      await before.collect()
      return before.results.size >= 10
    })
    expect(before.results.size).toBeLessThan(60)
    first.signal('SIGKILL')
    await first.ended

    const second = start('local', { ...env, LIFESIGN_DATA: data }, args)
    await second.until(/^ready:/)
    const after = clientOfFleet(second)
    for (const [taskId, result] of before.results) {
      const item = await after.item(taskId)
      expect(item, taskId).toMatchObject({ state: result.status })
    }
    expect(second.lines.join('\n')).toMatch(/^resumed: \d+ tasks/m)
    await after.send(sent) // a client that is not sure sends again
    const open = new Set(sent) // each is asked for until it is settled, and no longer
    await until('every task is settled', async () => {
      await after.collect()
      for (const taskId of open) {
        if (!['solved', 'failed', 'expired'].includes((await after.item(taskId))?.state)) return false
        open.delete(taskId)
      }
      return true
    })
    await until('all of them are done with', async () => {
      const tasks = await after.attributes('tasks')
      return tasks.ApproximateNumberOfMessages === '0' && tasks.ApproximateNumberOfMessagesNotVisible === '0'
    })
    const paid = (taskId: string) =>
      made.ledger().filter((charge) => charge.params.pageurl?.endsWith(`/${taskId}`)).length
    for (const taskId of before.results.keys()) expect(paid(taskId), taskId).toBe(1)
    for (const [taskId, { attempts }] of after.results)
      expect(paid(taskId), taskId).toBeLessThanOrEqual(Number(attempts))
    second.signal('SIGINT')
    expect((await second.ended).code).toBe(0)
  })
})

describe('npm start beside npm run engines', { timeout: 90_000 }, () => {
  it('uses them, says so, makes what is missing, and can be killed and started again while tasks live on', async () => {
    const { made, env } = await simulator()
    const engines = start('engines', { LIFESIGN_DATA: folder() })
    await engines.until(/^engines ready:/)
    const port = (word: string) => new URL(engines.url(word)).port
    const client = clientOf(engines.url('SQS'), engines.url('DynamoDB'))
    await expect(client.attributes('tasks')).rejects.toThrow() // the engines alone make nothing
    const keys = join(folder(), 'keys.json')
    writeFileSync(keys, JSON.stringify({ captchaai: made.key }))
    const around = {
      ...env,
      CAPTCHAAI_API_KEY: 'not this one',
      LIFESIGN_KEYS_FILE: keys,
      LIFESIGN_DATA: folder(),
      LIFESIGN_SQS_PORT: port('SQS'),
      LIFESIGN_DYNAMODB_PORT: port('DynamoDB'),
      LIFESIGN_CONTROL_PORT: port('control'),
    }
    const first = start('local', around, args)
    await first.until(/^ready:/)
    expect(first.lines.filter((line) => line.includes('already there'))).toHaveLength(2)
    expect((await client.attributes('tasks')).VisibilityTimeout).toBe('60')
    const sent = ids('living', 20)
    await client.send(sent)
    await until('some are settled', async () => {
      await client.collect()
      return client.results.size >= 3
    })
    first.signal('SIGKILL')
    await first.ended

    const second = start('local', around, [...args, '-c', 'providerTimeoutSeconds=3'])
    await second.until(/^ready:/)
    expect((await client.attributes('tasks')).VisibilityTimeout).toBe('66') // brought up to date
    await until('every task that no killed invocation held is settled', async () => {
      await client.collect()
      const [tasks, polls] = [await client.attributes('tasks'), await client.attributes('polls')]
      const held = [tasks, polls].map((it) => Number(it.ApproximateNumberOfMessagesNotVisible))
      return client.results.size + held.reduce((a, b) => a + b) >= sent.length && client.results.size > 3
    })
    second.signal('SIGTERM')
    expect((await second.ended).code).toBe(0)
    engines.signal('SIGTERM')
    expect((await engines.ended).code).toBe(0)
  })
})

describe('a local run with real credentials in the environment', () => {
  it('cannot reach real AWS or a real provider when tests are started with real credentials in the environment (row 57)', async () => {
    const engines = start('engines', { LIFESIGN_DATA: folder() })
    await engines.until(/^engines ready:/)
    const [sqs, dynamodb] = [await startRecorder(engines.url('SQS')), await startRecorder(engines.url('DynamoDB'))]
    const real = {
      AWS_ACCESS_KEY_ID: 'AKIACANARYCANARY',
      AWS_SECRET_ACCESS_KEY: 'canary-secret',
      AWS_SESSION_TOKEN: 'canary-token',
      AWS_PROFILE: 'canary',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: 'https://secretsmanager.eu-west-1.amazonaws.com',
      CAPTCHAAI_API_KEY: 'canary-provider-key',
    }
    const data = folder()
    const given = { LIFESIGN_DATA: data, LIFESIGN_SQS_URL: sqs.url, LIFESIGN_DYNAMODB_URL: dynamodb.url }
    const fleet = start('local', { ...real, ...given }, [...args, '--verbose'])
    await fleet.until(/^ready:/)
    // With a key but no provider's address it is the simulator that is asked, with the simulator's key.
    expect(fleet.lines.join('\n')).toContain('(simulator, captchaai)')
    const client = clientOf(engines.url('SQS'), engines.url('DynamoDB'))
    await client.send(['canary'])
    await until('it is submitted', async () => (await client.item('canary'))?.state === 'submitted')
    await until('metrics arrive', async () => {
      const received: unknown = await (await fetch(`${fleet.url('control')}/metrics-received`)).json()
      return Array.isArray(received) && received.length > 0
    })
    for (const { authorizations } of [sqs, dynamodb]) {
      expect(authorizations.length).toBeGreaterThan(0)
      // The local runtime's own, or one that was made for a function of this run.
      for (const one of authorizations) expect(one).toMatch(/Credential=(local|ASIA[A-Z2-7]{16})\/\d+\/us-east-1\//)
    }
    fleet.signal('SIGTERM')
    expect((await fleet.ended).code).toBe(0)
    expect(fleet.lines.join('\n').toLowerCase()).not.toContain('canary-')
  })
})
