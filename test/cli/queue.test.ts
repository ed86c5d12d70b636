import { SQSClient } from '@aws-sdk/client-sqs'
import { expect, onTestFinished, test } from 'vitest'
import { Queue } from '../../bin/commands/fleet/queue.ts'
import { loopbackAws } from '../stores/loopback-aws.ts'

const URL_OF_QUEUE = 'http://127.0.0.1:9/1/tasks'

/** A queue at a server that answers as it is told and keeps what it is asked. */
async function queueThat(answer: (entries: number) => object = () => ({})) {
  const aws = await loopbackAws(({ body }) => ({ body: answer(Array.isArray(body.Entries) ? body.Entries.length : 0) }))
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const sqs = new SQSClient({
    endpoint: aws.url,
    region: 'us-east-1',
    credentials,
    useQueueUrlAsEndpoint: false,
    md5: false,
  })
  onTestFinished(() => sqs.destroy())
  return { queue: new Queue(sqs, URL_OF_QUEUE), asked: aws.asked }
}
const received = (n: number) => ({
  ...{ messageId: `m${n}`, receipt: `r${n}`, body: '', attributes: {}, sentAt: 0, receiveCount: 1 },
})
const many = (count: number) => Array.from({ length: count }, (_, n) => received(n))

test('ten messages at most are received, hidden for as long as is asked, with their attributes and what SQS counts', async () => {
  const { queue, asked } = await queueThat(() => ({
    Messages: [
      {
        ...{ MessageId: 'm1', ReceiptHandle: 'r1', Body: 'the body' },
        Attributes: { SentTimestamp: '1795262400000', ApproximateReceiveCount: '3' },
        MessageAttributes: {
          taskId: { DataType: 'String', StringValue: 't1' },
          picture: { DataType: 'Binary', BinaryValue: 'AA==' },
        },
      },
      {},
    ],
  }))
  expect(await queue.receive(5, 30)).toStrictEqual([
    {
      ...{ messageId: 'm1', receipt: 'r1', body: 'the body', attributes: { taskId: 't1' } },
      ...{ sentAt: 1_795_262_400_000, receiveCount: 3 },
    },
    { messageId: '', receipt: '', body: '', attributes: {}, sentAt: 0, receiveCount: 1 },
  ])
  expect(asked).toEqual([
    {
      operation: 'ReceiveMessage',
      body: {
        ...{ QueueUrl: URL_OF_QUEUE, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, VisibilityTimeout: 30 },
        ...{ MessageAttributeNames: ['All'] },
        MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
      },
    },
  ])
})

test('an answer without messages is none, and a receive ends when it is stopped', async () => {
  const { queue } = await queueThat()
  expect(await queue.receive(0, 30)).toEqual([])
  await expect(queue.receive(0, 30, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' })
})

test('messages are sent as they are, and each is answered for', async () => {
  const { queue, asked } = await queueThat(() => ({ Successful: [{ Id: '2' }, { Id: '0' }] }))
  const messages = [{ body: 'a', attributes: { taskId: 't1' } }, { body: 'b' }, { body: 'c' }]
  expect(await queue.send(messages)).toEqual([true, false, true])
  expect(asked).toEqual([
    {
      operation: 'SendMessageBatch',
      body: {
        QueueUrl: URL_OF_QUEUE,
        Entries: [
          { Id: '0', MessageBody: 'a', MessageAttributes: { taskId: { DataType: 'String', StringValue: 't1' } } },
          { Id: '1', MessageBody: 'b', MessageAttributes: {} },
          { Id: '2', MessageBody: 'c', MessageAttributes: {} },
        ],
      },
    },
  ])
})

test('an answer that tells of no message counts none as sent', async () => {
  const { queue } = await queueThat()
  expect(await queue.send([{ body: 'a' }])).toEqual([false])
  expect(await queue.send([])).toEqual([])
})

test.each([
  [[450_000, 450_000], [2]],
  [
    [450_000, 450_001],
    [1, 1],
  ],
  [
    [950_000, 1],
    [1, 1],
  ],
  [
    [1, 950_000, 1],
    [1, 1, 1],
  ],
  [Array(23).fill(1), [10, 10, 3]],
  // The limit counts anew for each call: what went before has gone.
  [
    [500_000, 500_000, 300_000, 100_000],
    [1, 3],
  ],
])('bodies of %j bytes go in calls of %j messages', async (sizes, calls) => {
  const { queue, asked } = await queueThat((entries) => ({
    Successful: Array.from({ length: entries }, (_, n) => ({ Id: String(n) })),
  }))
  expect(await queue.send(sizes.map((bytes) => ({ body: 'x'.repeat(bytes) })))).toEqual(sizes.map(() => true))
  expect(asked.map(({ body }) => (Array.isArray(body.Entries) ? body.Entries.length : 0))).toEqual(calls)
})

test('bytes are counted and not characters', async () => {
  const { queue, asked } = await queueThat()
  await queue.send(Array(2).fill({ body: 'é'.repeat(250_000) }))
  expect(asked).toHaveLength(2)
})

test.each([
  ['deleted', 'DeleteMessageBatch', (queue: Queue, count: number) => queue.delete(many(count)), {}],
  [
    'made visible at once',
    'ChangeMessageVisibilityBatch',
    (queue: Queue, count: number) => queue.giveBack(many(count)),
    { VisibilityTimeout: 0 },
  ],
] as const)(
  'messages are %s ten at a time by their receipts, and none is no call',
  async (_, operation, change, more) => {
    const { queue, asked } = await queueThat()
    await change(queue, 0)
    expect(asked).toEqual([])
    await change(queue, 12)
    const entry = (n: number, Id: string) => ({ Id, ReceiptHandle: `r${n}`, ...more })
    const first = Array.from({ length: 10 }, (_, n) => entry(n, String(n)))
    expect(asked).toEqual([
      { operation, body: { QueueUrl: URL_OF_QUEUE, Entries: first } },
      { operation, body: { QueueUrl: URL_OF_QUEUE, Entries: [entry(10, '0'), entry(11, '1')] } },
    ])
  },
)
