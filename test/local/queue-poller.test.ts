import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeLocalSqsClient } from '../../local/clients.ts'
import type { Engine } from '../../local/engines/engine.ts'
import { startSqs } from '../../local/engines/sqs.ts'
import { type QueueSource, startQueuePoller } from '../../local/lambda/queue-poller.ts'
import { fakeFunction, folder, later, poolOf, until } from './bundles.ts'

let engine: Engine
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

async function queue(visibilitySeconds = 1): Promise<string> {
  const attributes = { VisibilityTimeout: String(visibilitySeconds) }
  const made = await client.send(new CreateQueueCommand({ QueueName: `q-${++names}`, Attributes: attributes }))
  return made.QueueUrl ?? ''
}
const send = (url: string, ...bodies: string[]) =>
  client.send(
    new SendMessageBatchCommand({
      QueueUrl: url,
      Entries: bodies.map((MessageBody, index) => ({ Id: `${index}`, MessageBody })),
    }),
  )
async function depth(url: string): Promise<{ visible: number; hidden: number }> {
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  )
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
  }
}
const empty = async (url: string) => JSON.stringify(await depth(url)) === '{"visible":0,"hidden":0}'

/** A mapping from a queue to a handler of this JavaScript. */
function map(url: string, body: string, source: Partial<QueueSource> = {}, timeoutSeconds = 5) {
  const warnings: string[] = []
  const fake = poolOf(fakeFunction(body, { timeoutSeconds }))
  const poller = startQueuePoller({
    client,
    ownClient: client,
    source: {
      queueUrl: url,
      queueArn: 'arn:aws:sqs:us-east-1:000000000000:q',
      batchSize: 10,
      windowSeconds: 0,
      maximumConcurrency: 2,
      partial: true,
      enabled: true,
      ...source,
    },
    invoke: (event) => fake.pool.invoke(event),
    warn: (message) => warnings.push(message),
    makeQueues: async () => {
      const QueueName = url.slice(url.lastIndexOf('/') + 1)
      await client.send(new CreateQueueCommand({ QueueName }))
    },
  })
  later(() => poller.stop())
  return { ...fake, poller, warnings }
}
const BODIES = 'const bodies = event.Records.map((r) => r.body); seen(bodies);'
const FAIL_ONCE = (what: string) =>
  `${BODIES} globalThis.n = (globalThis.n ?? 0) + 1; if (globalThis.n === 1) { ${what} }`

describe('an event source mapping', () => {
  it('hands over records as AWS shapes them', async () => {
    const url = await queue()
    const sent = await client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: '{"a":"ü"}',
        MessageAttributes: { taskId: { DataType: 'String', StringValue: 't-1' } },
      }),
    )
    const { seen } = map(url, 'seen(event)')
    await until('the record', () => seen.length === 1)
    expect(seen[0]).toEqual({
      Records: [
        {
          messageId: sent.MessageId,
          receiptHandle: expect.any(String),
          body: '{"a":"ü"}',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {
            taskId: { stringValue: 't-1', stringListValues: [], binaryListValues: [], dataType: 'String' },
          },
          md5OfMessageAttributes: sent.MD5OfMessageAttributes,
          md5OfBody: sent.MD5OfMessageBody,
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:q',
          awsRegion: 'us-east-1',
        },
      ],
    })
    await until('it is deleted', () => empty(url))
  })

  it('retries only the one bad record in a batch of 10, by its own visibility (row 13)', async () => {
    const url = await queue()
    const failing = "event.Records.filter((r) => r.body === 'm3' && r.attributes.ApproximateReceiveCount === '1')"
    const fake = map(
      url,
      `${BODIES} return { batchItemFailures: ${failing}.map((r) => ({ itemIdentifier: r.messageId })) }`,
    )
    // A function that has yet to start may need longer than the second for which the messages are hidden.
    await send(url, 'first')
    await until('it runs', () => fake.seen.length === 1)
    await send(url, ...Array.from({ length: 10 }, (_, n) => `m${n}`))
    await until('the second invocation with them', () => fake.seen.length === 3)
    expect(fake.seen[2]).toEqual(['m3'])
    await until('all are deleted', () => empty(url))
    expect(fake.warnings).toEqual([])
  })

  it('keeps the visibility that the function itself gave to a message it reports as failed', async () => {
    const url = await queue(30)
    await send(url, 'poll')
    const hide = `
      await fetch(${JSON.stringify(engine.url)}, { method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ChangeMessageVisibility' },
        body: JSON.stringify({ QueueUrl: ${JSON.stringify(url)}, ReceiptHandle: event.Records[0].receiptHandle, VisibilityTimeout: 1 }) });`
    const { seen } = map(
      url,
      `${BODIES} if (event.Records[0].attributes.ApproximateReceiveCount === '2') return;
       ${hide} return { batchItemFailures: [{ itemIdentifier: event.Records[0].messageId }] }`,
    )
    await until('it is back before the 30 s of its queue', () => seen.length === 2)
  })

  it.each([
    ['a malformed answer', "return { batchItemFailures: [{ itemIdentifier: '' }] }"],
    ['an exception', "throw new Error('no')"],
  ])('replays the whole batch after %s, and deletes nothing of it', async (_, failing) => {
    const url = await queue()
    await send(url, 'a', 'b')
    const { seen } = map(url, FAIL_ONCE(failing))
    await until('both again', () => seen.flat().length === 4)
    expect(seen.flat().toSorted()).toEqual(['a', 'a', 'b', 'b'])
    await until('all are deleted', () => empty(url))
  })

  it('replays the batch of a function that was ended at its time limit', async () => {
    const url = await queue()
    await send(url, 'a')
    const first = "event.Records[0].attributes.ApproximateReceiveCount === '1'"
    const { seen, failures } = map(url, `${BODIES} if (${first}) for (;;);`, {}, 0.4)
    await until('it comes again', () => seen.length >= 1 && failures.length === 1)
    await until('all are deleted', () => empty(url))
    expect(failures).toEqual(['timedOut'])
  })

  it('without partial responses takes any answer as success', async () => {
    const url = await queue(30)
    await send(url, 'a', 'b')
    const { seen } = map(url, `${BODIES} return { batchItemFailures: [{ itemIdentifier: 'x' }] }`, { partial: false })
    await until('all are deleted', async () => seen.length > 0 && (await empty(url)))
    expect(seen.flat().toSorted()).toEqual(['a', 'b'])
  })

  it('leaves a message in the queue, untouched, when the concurrency limit is hit (row 53)', async () => {
    const url = await queue(30)
    await send(url, ...Array.from({ length: 5 }, (_, n) => `m${n}`))
    const open = join(folder(), 'open')
    const { seen, poller } = map(
      url,
      `seen(event.Records[0].attributes.ApproximateReceiveCount);
       while (!require('node:fs').existsSync(${JSON.stringify(open)})) await sleep(20)`,
      { batchSize: 1, maximumConcurrency: 2 },
    )
    await until('two run', () => seen.length === 2)
    expect(await depth(url)).toEqual({ visible: 3, hidden: 2 })
    writeFileSync(open, '')
    await until('all are done', () => empty(url))
    expect(seen).toEqual(['1', '1', '1', '1', '1'])
    await poller.stop()
  })

  it('gathers a batch over its window', async () => {
    const url = await queue(30)
    const { seen } = map(url, BODIES, { batchSize: 100, windowSeconds: 1 })
    await send(url, ...Array.from({ length: 10 }, (_, n) => `m${n}`))
    await until('they are received', async () => (await depth(url)).hidden === 10)
    await send(url, 'late', 'later')
    await until('the batch', () => seen.length > 0)
    expect(seen).toHaveLength(1)
    expect(seen.flat()).toHaveLength(12)
  })

  it('closes a batch that is full before its window ends', async () => {
    const url = await queue(30)
    for (let n = 0; n < 3; n++) await send(url, ...Array.from({ length: 10 }, (_, m) => `m${n}${m}`))
    const { seen } = map(url, BODIES, { batchSize: 15, windowSeconds: 60 })
    await until('two full batches', () => seen.length === 2)
    expect(seen.map((batch) => (Array.isArray(batch) ? batch.length : 0))).toEqual([15, 15])
  })

  it('receives nothing while it is disabled, and goes on when it is enabled', async () => {
    const url = await queue(30)
    const { seen, poller } = map(url, BODIES)
    poller.setEnabled(false)
    await send(url, 'waits')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await depth(url)).toEqual({ visible: 1, hidden: 0 })
    poller.setEnabled(true)
    await until('it is handled', () => seen.length === 1)
  })

  it('holds back after failed invocations, and comes back to full speed with the first success', async () => {
    const url = await queue(30)
    await send(url, ...Array.from({ length: 9 }, (_, n) => `m${n}`))
    const failing = "seen(''); if (['m0', 'm1', 'm2'].includes(event.Records[0].body)) throw new Error('no')"
    const timers = vi.spyOn(globalThis, 'setTimeout')
    onTestFinished(() => timers.mockRestore())
    const { seen } = map(url, failing, { batchSize: 1 })
    await until('every message was tried', () => seen.length === 9)
    const waits = timers.mock.calls.map(([, ms]) => ms).filter((ms) => ms === 200 || ms === 400 || ms === 800)
    // The first two mostly run together, and then nobody waits between their failures.
    expect([
      [400, 800],
      [200, 400, 800],
    ]).toContainEqual(waits)
  })

  it('makes its queue again when an engine that was started anew has lost it', async () => {
    const url = await queue()
    const { seen, warnings } = map(url, BODIES)
    await client.send(new DeleteQueueCommand({ QueueUrl: url }))
    await until('the queue is there again', () =>
      send(url, 'after').then(
        () => true,
        () => false,
      ),
    )
    await until('its message is handled', () => seen.length === 1)
    expect(warnings).toEqual([expect.stringMatching(/^messages cannot be received: /)])
  })

  it('splits a batch that would pass the size of one invocation', async () => {
    const url = await queue(30)
    for (let n = 0; n < 8; n++) await send(url, `${n}`.repeat(1_000_000))
    const { seen } = map(url, 'seen(event.Records.length)', { batchSize: 10, windowSeconds: 1 })
    await until('all are deleted', () => empty(url))
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.reduce((sum: number, n) => sum + Number(n), 0)).toBe(8)
  })
})

describe('the embedded SQS', () => {
  it('gives back at once what a receiver took that had gone away', async () => {
    const url = await queue(60)
    const gone = new AbortController()
    const waiting = client.send(
      new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }),
      { abortSignal: gone.signal },
    )
    await new Promise((resolve) => setTimeout(resolve, 150))
    gone.abort()
    await expect(waiting).rejects.toThrow()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await send(url, 'not lost')
    const next = await client.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 2 }))
    expect(next.Messages?.[0]?.Body).toBe('not lost')
  })

  it('names queues by an address that every client can reach', async () => {
    const url = await queue()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\/q-\d+$/)
    expect((await fetch(url)).status).toBeLessThan(500)
  })
})
