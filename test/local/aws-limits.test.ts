import { createRequire } from 'node:module'
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInFlightLimit } from '../../local/aws/in-flight-limit.ts'
import { makeLaggingCounts } from '../../local/aws/lagging-counts.ts'
import { makeLambdaFront } from '../../local/aws/lambda-front.ts'
import { makeLineageOnMessages } from '../../local/aws/lineage-on-messages.ts'
import { lineageIn, traceHeader } from '../../local/aws/trace-header.ts'
import { makeLocalSqsClient } from '../../local/clients.ts'
import type { Engine } from '../../local/engines/engine.ts'
import { startSqs } from '../../local/engines/sqs.ts'
import type { Interceptor } from '../../local/gateway/interceptor.ts'
import { startQueuePoller } from '../../local/lambda/queue-poller.ts'
import { isThrottledAt, parseLocalLimits, windowAtLowTraffic } from '../../local/settings/aws-limits.ts'
import { fakeFunction, later, poolOf, until } from './bundles.ts'
import { allow, CREDENTIALS, gatewayBefore } from './gateway/gateway-before.ts'

const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000'

let engine: Engine
/** A client of the fleet, which speaks to the engine itself. */
let client: SQSClient
let names = 0
beforeAll(async () => {
  engine = await startSqs({ what: 'SQS', port: 0, variable: 'LIFESIGN_SQS_PORT' })
  client = makeLocalSqsClient(engine.url)
})
afterAll(async () => {
  client.destroy()
  await engine.stop()
})

async function queue(attributes: Record<string, string> = {}): Promise<{ name: string; url: string }> {
  const name = `limited-${++names}`
  const { QueueUrl = '' } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }))
  return { name, url: QueueUrl }
}
async function countsOf(url: string): Promise<Record<string, string>> {
  const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })
  return (await client.send(asked)).Attributes ?? {}
}
const waitingIn = async (url: string) => Number((await countsOf(url)).ApproximateNumberOfMessages)

/** The gateway with these limits, for a function that may do everything; and a client that speaks as the function. */
async function gatewayWith(...interceptors: Interceptor[]) {
  const { url } = await gatewayBefore(engine.url, [allow('sqs:*', '*')], interceptors)
  const asFunction = makeLocalSqsClient(url, CREDENTIALS)
  later(() => asFunction.destroy())
  return { url, asFunction }
}

/** A function whose every message leads to another one in the same queue, through the SDK as in the bundles. */
async function loopOf(recursiveLoop: 'Allow' | 'Terminate', longest: number) {
  const letters = await queue()
  const dead = { deadLetterTargetArn: `${QUEUE_ARN}:${letters.name}`, maxReceiveCount: 2 }
  const { name, url } = await queue({ VisibilityTimeout: '1', RedrivePolicy: JSON.stringify(dead) })
  const gateway = await gatewayWith(makeLineageOnMessages())
  const sdk = createRequire(import.meta.url).resolve('@aws-sdk/client-sqs')
  const plan = fakeFunction(
    `const { SQSClient, SendMessageCommand } = require(${JSON.stringify(sdk)})
     const client = new SQSClient({ useQueueUrlAsEndpoint: false })
     globalThis.n = (globalThis.n ?? 0) + event.Records.length
     seen(globalThis.n)
     if (globalThis.n < ${longest}) for (const { body } of event.Records)
       await client.send(new SendMessageCommand({ QueueUrl: ${JSON.stringify(url)}, MessageBody: body }))
     return { batchItemFailures: [] }`,
    { recursiveLoop, concurrency: 1 },
  )
  const fake = poolOf(plan, {
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: plan.functionName,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_SQS: gateway.url,
  })
  const said: string[] = []
  let requests = 0
  const invoke = makeLambdaFront({
    plan,
    pool: fake.pool,
    newId: () => `r-${++requests}`,
    isThrottled: () => false,
    say: (text) => said.push(text),
  })
  const source = { queueUrl: url, queueArn: `${QUEUE_ARN}:${name}`, batchSize: 10, windowSeconds: 0 }
  const poller = startQueuePoller({
    client: gateway.asFunction,
    ownClient: client,
    source: { ...source, maximumConcurrency: 1, partial: true, enabled: true },
    invoke,
    warn: () => {},
    makeQueues: async () => {},
  })
  later(() => poller.stop())
  await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'round and round' }))
  return { seen: fake.seen, said, letters: letters.url }
}

describe('recursion', () => {
  it('a function that may not loop is refused after 16 invocations of a chain, says so, and the message is a dead letter', async () => {
    const { seen, said, letters } = await loopOf('Terminate', 40)
    await until('the dead letter', async () => (await waitingIn(letters)) === 1, 20_000)
    expect(seen).toHaveLength(16)
    expect(said).toHaveLength(2)
    expect(said[0]).toContain('16 times (loop detection)')
  }, 30_000)

  it('a function that may loop goes on: nothing is refused', async () => {
    const { seen, said, letters } = await loopOf('Allow', 40)
    await until('forty invocations', () => seen.length === 40, 20_000)
    expect(said).toEqual([])
    expect(await waitingIn(letters)).toBe(0)
  }, 30_000)

  it('a lineage is read as it was written, and what is none counts as a client’s message', () => {
    const lineage = { a87bd80c: 1, '68fd508a': 16 }
    expect(lineageIn(traceHeader('request', lineage))).toEqual(lineage)
    expect([lineageIn(undefined), lineageIn('Root=1-2-3;Lineage=')]).toEqual([{}, {}])
  })
})

describe('throttling', () => {
  it('spends the receive of what it refuses: two of them, and a healthy message is a dead letter', async () => {
    const letters = await queue()
    const dead = { deadLetterTargetArn: `${QUEUE_ARN}:${letters.name}`, maxReceiveCount: 2 }
    const { name, url } = await queue({ VisibilityTimeout: '1', RedrivePolicy: JSON.stringify(dead) })
    const said: string[] = []
    const fake = poolOf(fakeFunction('seen(1)'))
    const invoke = makeLambdaFront({
      plan: { arn: 'arn:submit', recursiveLoop: 'Allow' },
      pool: fake.pool,
      newId: () => 'r',
      isThrottled: () => true,
      say: (text) => said.push(text),
    })
    const source = { queueUrl: url, queueArn: `${QUEUE_ARN}:${name}`, batchSize: 10, windowSeconds: 0 }
    const poller = startQueuePoller({
      ...{ client, ownClient: client, invoke, warn: () => {}, makeQueues: async () => {} },
      source: { ...source, maximumConcurrency: 2, partial: true, enabled: true },
    })
    later(() => poller.stop())
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'healthy' }))
    await until('the dead letter', async () => (await waitingIn(letters.url)) === 1, 20_000)
    expect([fake.seen, said.length]).toEqual([[], 2])
  }, 30_000)

  it('takes two of every twenty seconds, never the same ones for long', () => {
    const seconds = Array.from({ length: 200 }, (_, second) => second).filter((second) => isThrottledAt(second * 1000))
    expect(seconds).toHaveLength(20)
    const begins = seconds.filter((_, n) => n % 2 === 0).map((second) => second % 20)
    expect(new Set(begins).size).toBe(10)
  })
})

describe('lagging counts', () => {
  it('a function reads what a queue held up to a minute ago, and a client what it holds now', async () => {
    const { name, url } = await queue()
    const other = await queue({ VisibilityTimeout: '77' })
    await client.send(new SendMessageCommand({ QueueUrl: other.url, MessageBody: 'of another queue' }))
    let now = 0
    let draw = () => 0
    const counts = makeLaggingCounts({
      queueNames: [other.name, name],
      read: (of) => countsOf(of === name ? url : other.url),
      now: () => now,
      fraction: () => draw(),
    })
    const { asFunction } = await gatewayWith(counts.interceptor)
    const told = async (): Promise<Record<string, string>> => {
      const asked = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })
      return (await asFunction.send(asked)).Attributes ?? {}
    }
    const read = async () => {
      const { ApproximateNumberOfMessages, VisibilityTimeout } = await told()
      return [ApproximateNumberOfMessages, VisibilityTimeout]
    }
    await counts.sample()
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'a' }))
    now = 59_000
    expect(await read()).toEqual(['0', '30'])
    draw = () => 0.99
    expect(await read()).toEqual(['1', '30'])
    draw = () => 0
    now = 61_000
    expect(await read()).toEqual(['1', '30'])
    expect(await waitingIn(url)).toBe(1)

    // Each count has a reading of its own: here the first of the three is the older one.
    const before = await countsOf(url)
    await counts.sample()
    await client.send(new ReceiveMessageCommand({ QueueUrl: url }))
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'b', DelaySeconds: 900 }))
    const after = await countsOf(url)
    const draws = [0]
    draw = () => draws.pop() ?? 0.99
    const mixed = await told()
    const names = Object.keys(mixed).filter((key) => key.startsWith('ApproximateNumberOf'))
    const heldSince = (key: string) => ({ isOld: mixed[key] === before[key], isNew: mixed[key] === after[key] })
    const [older, newer] = [
      { isOld: true, isNew: false },
      { isOld: false, isNew: true },
    ]
    expect(names.map(heldSince)).toEqual([older, newer, newer])
  })
})

describe('messages in flight', () => {
  it('at the limit a function receives no more, until one of its messages is deleted or visible again', async () => {
    const { url } = await queue({ VisibilityTimeout: '300' })
    const pauses: number[] = []
    let now = 0
    const pause = async (ms: number) => void pauses.push(ms)
    const limit = makeInFlightLimit({ most: 3, visibilitySeconds: () => 300, now: () => now, pause })
    const { asFunction } = await gatewayWith(limit)
    const Entries = Array.from({ length: 10 }, (_, n) => ({ Id: `${n}`, MessageBody: `${n}` }))
    await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))
    const receive = async (by: SQSClient) =>
      (await by.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }))).Messages ?? []
    const received = await receive(asFunction)
    expect([received.length, (await receive(asFunction)).length, pauses]).toEqual([3, 0, [1000]])
    const [first, second, third] = received.map(({ ReceiptHandle }) => ({ QueueUrl: url, ReceiptHandle }))
    await asFunction.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first?.ReceiptHandle }))
    expect(await receive(asFunction)).toHaveLength(1)
    const soon = { QueueUrl: url, ReceiptHandle: second?.ReceiptHandle, VisibilityTimeout: 5 }
    await asFunction.send(new ChangeMessageVisibilityCommand(soon))
    now = 4999
    expect(await receive(asFunction)).toHaveLength(0)
    now = 5000
    expect(await receive(asFunction)).toHaveLength(1)
    // As Lambda deletes the messages of a batch.
    const Deleted = [{ Id: '0', ReceiptHandle: third?.ReceiptHandle }]
    await asFunction.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: Deleted }))
    expect(await receive(asFunction)).toHaveLength(1)
    expect(await receive(client)).toHaveLength(4)
  })
})

describe('sizes', () => {
  it('a queue takes no message above its maximum, and no batch above 1 MiB', async () => {
    const { url } = await queue({ MaximumMessageSize: '2048' })
    const { asFunction } = await gatewayWith()
    const send = (bytes: number) =>
      asFunction.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'x'.repeat(bytes) }))
    await send(2048)
    await expect(send(2049)).rejects.toThrow('2048 bytes')
    const large = await queue()
    const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(600_000) }))
    const batch = asFunction.send(new SendMessageBatchCommand({ QueueUrl: large.url, Entries }))
    await expect(batch).rejects.toThrow('Batch requests cannot be longer')
  })
})

describe('a batching window', () => {
  it('of one second may be twenty at low traffic, and none stays none', () => {
    expect([windowAtLowTraffic(1, 0), windowAtLowTraffic(1, 1), windowAtLowTraffic(60, 0.5)]).toEqual([1, 20, 60])
  })

  it('makes a lonely message wait as long as Lambda gathers', async () => {
    const { name, url } = await queue()
    const fake = poolOf(fakeFunction('seen(Date.now()); return { batchItemFailures: [] }'))
    const asked: number[] = []
    const source = { queueUrl: url, queueArn: `${QUEUE_ARN}:${name}`, batchSize: 100, windowSeconds: 1 }
    const poller = startQueuePoller({
      ...{ client, ownClient: client, warn: () => {}, makeQueues: async () => {} },
      source: { ...source, maximumConcurrency: 1, partial: true, enabled: true },
      invoke: (event) => fake.pool.invoke(event),
      gatherSeconds: (windowSeconds) => {
        asked.push(windowSeconds)
        return 2
      },
    })
    later(() => poller.stop())
    const sentAt = Date.now()
    await client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'alone' }))
    await until('the invocation', () => fake.seen.length === 1)
    expect(Number(fake.seen[0]) - sentAt).toBeGreaterThanOrEqual(1900)
    expect(asked).toEqual([1])
  })
})

describe('LIFESIGN_AWS_LIMITS', () => {
  it('names limits, all of them, or none, and a number of messages in flight', () => {
    const limits = (text: string) => parseLocalLimits(text)
    expect(limits('')).toEqual({ limits: { lag: false, throttle: false, inFlightMessages: null } })
    expect(limits('lag, recursion')).toEqual({ limits: { lag: true, throttle: false, inFlightMessages: null } })
    expect(limits('all')).toEqual({ limits: { lag: true, throttle: true, inFlightMessages: 120_000 } })
    expect(limits('inflight=50,throttle')).toEqual({ limits: { lag: false, throttle: true, inFlightMessages: 50 } })
  })

  it('refuses a name that it does not know', () => {
    expect(parseLocalLimits('lag,lagg,x')).toEqual({
      problem: 'LIFESIGN_AWS_LIMITS knows recursion, window, lag, throttle, inflight, sizes and all, not "lagg", "x"',
    })
  })
})
