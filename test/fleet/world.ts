import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DynamoDBClient, GetItemCommand, paginateScan } from '@aws-sdk/client-dynamodb'
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import { taskKey } from '../../functions/contract/table.ts'
import type { Result } from '../../functions/core/task/task.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../sim/provider/simulator.ts'
import { HOST } from '../engines/processes.ts'
import { type Program, startProgram } from './program.ts'

/** Short times, so that real time passes quickly; everything else as it is by default. */
const QUICK = {
  firstPollSeconds: 1,
  pollSeconds: 1,
  sweepSeconds: 1,
  settlingSeconds: 1,
  providerTimeoutSeconds: 2,
}

/** Each program chooses free ports and prints them: a port chosen for it here could be taken before it listens. */
const ANY_PORTS = Object.fromEntries(
  ['PORT', 'SQS_PORT', 'DYNAMODB_PORT', 'CONTROL_PORT', 'SIMULATOR_PORT'].map((name) => [`LIFESIGN_${name}`, '0']),
)

interface EnginePorts {
  sqs: number
  dynamodb: number
  control: number
}

export interface World {
  simulator: Simulator
  readonly ports: EnginePorts & { health: number }
  fleet(): Program
  /** Ends the fleet's process (kill -9) and starts it again on the engines that live on. */
  crash(): Promise<void>
  restart(): Promise<void>
  send(bodies: unknown[]): Promise<void>
  /** All results received so far; keeps receiving. */
  results(): Result[]
  resultsOf(taskId: string): Result[]
  settled(taskIds: string[], seconds: number): Promise<void>
  count(queue: 'tasks' | 'polls' | 'results' | 'dead-letters'): Promise<number>
  items(prefix: string): Promise<Record<string, unknown>[]>
  task(taskId: string): Promise<Record<string, unknown> | undefined>
  requests(): Promise<{ sqs: Record<string, number>; dynamodb: Record<string, number> }>
  health(path: string): Promise<{ status: number; body: Record<string, unknown> }>
  stop(): Promise<void>
}

export interface WorldOptions {
  /** Beside the short times; undefined: the fleet's own default. */
  settings?: Record<string, string | number | boolean | undefined>
  simulator?: SimulatorOptions
  /** Between the fleet and its engines, for example a faulty proxy. */
  between?: (ports: EnginePorts) => Promise<Record<string, string>>
}

/** Engines and fleet as two processes of their own, a simulator in this one, and a client that knows the contract only. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const data = mkdtempSync(join(tmpdir(), 'lifesign-fleet-'))
  const simulator = await startSimulator({ seed: 5, ...options.simulator })
  const env = {
    ...ANY_PORTS,
    LIFESIGN_DATA: data,
    LIFESIGN_PROVIDER_URL: simulator.url,
    CAPTCHAAI_API_KEY: simulator.key,
  }
  const settings = Object.entries({ ...QUICK, ...options.settings }).flatMap(([name, value]) =>
    value === undefined ? [] : ['-c', `${name}=${value}`],
  )
  const engines = await startProgram('bin/engines.ts', [], env, /^engines ready:/m)
  const ports = { sqs: engines.port('SQS'), dynamodb: engines.port('DynamoDB'), control: engines.port('control') }
  const beside = {
    LIFESIGN_SQS_PORT: String(ports.sqs),
    LIFESIGN_DYNAMODB_PORT: String(ports.dynamodb),
    LIFESIGN_CONTROL_PORT: String(ports.control),
  }
  const more = (await options.between?.(ports)) ?? {}
  const launch = () => startProgram('bin/local.ts', settings, { ...env, ...beside, ...more }, /^ready:/m)
  let fleet = await launch()

  const account = '000000000000'
  const queueUrl = (name: string) => `http://${HOST}:${ports.sqs}/${account}/lifesign-${name}`
  const sqs = new SQSClient({ endpoint: `http://${HOST}:${ports.sqs}`, useQueueUrlAsEndpoint: false })
  const dynamodb = new DynamoDBClient({ endpoint: `http://${HOST}:${ports.dynamodb}` })
  const received: Result[] = []
  let receiving = true
  const receiver = (async () => {
    while (receiving) {
      const QueueUrl = queueUrl('results')
      const { Messages = [] } = await sqs
        .send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }))
        .catch(() => ({ Messages: [] }))
      for (const { Body = '' } of Messages) received.push(JSON.parse(Body))
      if (Messages.length === 0) continue
      const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }))
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    }
  })()

  const world: World = {
    simulator,
    get ports() {
      return { ...ports, health: fleet.port('health') }
    },
    fleet: () => fleet,
    crash: async () => fleet.kill9(),
    async restart() {
      fleet = await launch()
    },
    async send(bodies) {
      for (let i = 0; i < bodies.length; i += 10) {
        const Entries = bodies
          .slice(i, i + 10)
          .map((body, n) => ({ Id: String(n), MessageBody: typeof body === 'string' ? body : JSON.stringify(body) }))
        await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl('tasks'), Entries }))
      }
    },
    results: () => received,
    resultsOf: (taskId) => received.filter((result) => result.taskId === taskId),
    async settled(taskIds, seconds) {
      const until = Date.now() + seconds * 1000
      for (;;) {
        const have = new Set(received.map(({ taskId }) => taskId))
        const open = taskIds.filter((id) => !have.has(id))
        if (open.length === 0) return
        if (Date.now() > until) {
          const item = await world.task(open[0] ?? '')
          throw new Error(
            `${open.length} of ${taskIds.length} tasks have no result after ${seconds} s; the first is ${JSON.stringify(item)}\n${fleet.output().slice(-2000)}`,
          )
        }
        await pause(100)
      }
    },
    async count(queue) {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl(queue), AttributeNames: ['All'] }),
      )
      const names = [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ] as const
      return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0)
    },
    async items(prefix) {
      const pages = paginateScan(
        { client: dynamodb },
        {
          TableName: 'lifesign',
          FilterExpression: 'begins_with(pk, :p)',
          ExpressionAttributeValues: { ':p': { S: prefix } },
        },
      )
      const items: Record<string, unknown>[] = []
      for await (const page of pages) items.push(...(page.Items ?? []).map((item) => unmarshall(item)))
      return items
    },
    async task(taskId) {
      const { pk, sk } = taskKey(taskId)
      const { Item } = await dynamodb.send(
        new GetItemCommand({ TableName: 'lifesign', Key: { pk: { S: pk }, sk: { S: sk } }, ConsistentRead: true }),
      )
      return Item === undefined ? undefined : unmarshall(Item)
    },
    requests: () => jsonAt(ports.control, '/requests').then(({ body }) => body),
    health: (path) => jsonAt(world.ports.health, path),
    async stop() {
      receiving = false
      await fleet.stop()
      await receiver
      await engines.stop()
      await simulator.stop()
      sqs.destroy()
      dynamodb.destroy()
      rmSync(data, { recursive: true, force: true })
    },
  }
  return world
}

// biome-ignore lint/suspicious/noExplicitAny: what comes back is asserted by the tests that ask
async function jsonAt(port: number, path: string): Promise<{ status: number; body: any }> {
  const answer = await fetch(`http://${HOST}:${port}${path}`)
  return { status: answer.status, body: await answer.json() }
}

export const taskOf = (taskId: string, more: Record<string, unknown> = {}) => ({
  taskId,
  sitekey: '6Lc-fleet',
  pageurl: `https://forms.example.test/${taskId}`,
  ...more,
})
export const named = (prefix: string, n: number): string[] => Array.from({ length: n }, (_, i) => `${prefix}-${i + 1}`)

/** Totals over the stored outcome items. */
export async function totals(world: World): Promise<Record<string, number>> {
  const sum: Record<string, number> = {}
  for (const item of await world.items('outcome#')) {
    for (const [name, value] of Object.entries(item))
      if (typeof value === 'number') sum[name] = (sum[name] ?? 0) + value
  }
  return sum
}

/** Every charge of the ledger is one that the outcomes explain. */
export function explained(sum: Record<string, number>): number {
  const kinds = ['solved', 'failedCharged', 'expiredSubmitted', 'resubmitted', 'unknown']
  return kinds.reduce((charges, kind) => charges + (sum[kind] ?? 0), 0)
}
