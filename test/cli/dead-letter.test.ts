import { expect, it } from 'vitest'
import { readDeadLetter, redriveLetter } from '../../bin/commands/dead-letters/dead-letter.ts'
import { Queue, type Received } from '../../bin/commands/fleet/queue.ts'
import { pollMessageOf } from '../../functions/core/message/poll-message.ts'
import { md5Of, sqsInProcess } from '../local/sqs-in-process.ts'
import { claimedItem } from '../stores/builders.ts'

const SENT = Date.parse('2026-11-21T12:00:07.000Z')
const BEGAN = Date.parse('2026-11-21T09:30:00.000Z')
const task = (more: object = {}) => JSON.stringify({ sitekey: 'k', pageurl: 'https://shop.example/', ...more })
const poll = (taskId: string) => {
  const { leaseUntil: _, ...claimed } = claimedItem({ taskId, origin: 'o-1' })
  const accepted = { provider: 'captchaai', captchaId: '7', submittedAt: BEGAN + 5000 }
  return JSON.stringify(pollMessageOf({ ...claimed, ...accepted, state: 'submitted' }, task(), true))
}
const message = (body: string, attributes: Record<string, string> = {}): Received => ({
  ...{ messageId: 'message-9', receipt: 'receipt-5', body, attributes, sentAt: SENT, receiveCount: 6 },
})
const OWN = {
  ...{ taskId: 'order-1', enqueuedAt: String(BEGAN), parks: '4', origin: 'origin-3', unpaid: 'a,b' },
  ...{ reason: 'INVALID_TASK: sitekey', source: 'tasks', firstSeen: '2026-11-20T08:00:00.000Z', while: 'paused' },
}

it('a letter of the fleet tells all that the fleet wrote on it, and goes back under its first id, age and origin, as one never parked', () => {
  const letter = readDeadLetter(message(task(), OWN))
  expect(letter).toEqual({
    message: message(task(), OWN),
    ...{ taskId: 'order-1', code: 'INVALID_TASK', reason: 'INVALID_TASK: sitekey', parks: 4, source: 'tasks' },
    firstSeen: '2026-11-20T08:00:00.000Z',
    taskAttributes: {
      ...{ taskId: 'order-1', enqueuedAt: BEGAN, parks: 4, origin: 'origin-3', unpaid: ['a', 'b'], while: 'paused' },
    },
  })
  expect(redriveLetter(letter)).toEqual({
    body: task(),
    attributes: {
      ...{
        taskId: 'order-1',
        enqueuedAt: String(BEGAN),
        parks: '0',
        origin: 'origin-3',
        unpaid: 'a,b',
        while: 'paused',
      },
    },
  })
})

it.each<[string, string, Record<string, string>, { taskId: string; source: string; origin?: string }]>([
  ['a task with an id', task({ taskId: 'mine' }), {}, { taskId: 'mine', source: 'tasks' }],
  ['a task without one', task(), {}, { taskId: 'message-9', source: 'tasks' }],
  ['a task without one that has an attribute', task(), { taskId: 'given' }, { taskId: 'given', source: 'tasks' }],
  ['a message that is no task', 'no JSON', {}, { taskId: 'message-9', source: 'tasks' }],
  [
    'a message that is no task, from the poll queue',
    'no JSON',
    { source: 'polls' },
    { taskId: 'message-9', source: 'polls' },
  ],
  ['a message whose source is none', task(), { source: 'elsewhere' }, { taskId: 'message-9', source: 'tasks' }],
])(
  '%s that SQS moved counts from when it was sent, and goes back as the task that it is',
  (_, body, attributes, { taskId, source }) => {
    const letter = readDeadLetter(message(body, attributes))
    const taskAttributes = { taskId, enqueuedAt: SENT, parks: 0, origin: 'message-9', unpaid: [], while: undefined }
    expect(letter).toEqual({
      message: message(body, attributes),
      ...{ taskId, source, code: 'RECEIVED_TOO_OFTEN', reason: 'RECEIVED_TOO_OFTEN: moved here by SQS', parks: 0 },
      ...{ firstSeen: '2026-11-21T12:00:07.000Z', taskAttributes },
    })
    expect(redriveLetter(letter)).toEqual({
      body,
      attributes: { taskId, enqueuedAt: String(SENT), parks: '0', origin: 'message-9' },
    })
  },
)

it('a letter that the fleet wrote a first time on and no time of its own is told with the time at which its task began', () => {
  const { firstSeen: _, ...attributes } = OWN
  expect(readDeadLetter(message(task(), attributes)).firstSeen).toBe('2026-11-21T09:30:00.000Z')
})

it('what is received is asked for with its time, its wait and all attributes, and is told whole', async () => {
  const sqs = sqsInProcess(() => ({
    Messages: [
      {
        ...{ MessageId: 'm', ReceiptHandle: 'r', Body: 'b', MD5OfBody: md5Of('b') },
        Attributes: { SentTimestamp: String(SENT), ApproximateReceiveCount: '3' },
        MessageAttributes: {
          reason: { DataType: 'String', StringValue: 'X: y' },
          picture: { DataType: 'Binary', BinaryValue: 'AA==' },
        },
      },
      { Body: '', MD5OfBody: md5Of('') },
    ],
  }))
  const queue = new Queue(sqs.client, 'http://127.0.0.1:9/0/letters')
  const whole = {
    ...{ messageId: 'm', receipt: 'r', body: 'b', sentAt: SENT, receiveCount: 3 },
    attributes: { reason: 'X: y' },
  }
  const bare = { ...{ messageId: '', receipt: '', body: '', sentAt: 0, receiveCount: 1 }, attributes: {} }
  expect(await queue.receive(4, 77)).toEqual([whole, bare])
  const input = { ...{ MaxNumberOfMessages: 10, WaitTimeSeconds: 4, VisibilityTimeout: 77 }, QueueUrl: queue.url }
  const names = {
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
  }
  expect(sqs.asked).toEqual([{ call: 'ReceiveMessage', input: { ...input, ...names } }])
})

it('a letter of the poll queue is that of the task in its poll message, wherever SQS says that it came from', () => {
  const letter = readDeadLetter(message(poll('polled'), { taskId: 'other' }))
  expect([letter.taskId, letter.source, letter.taskAttributes.taskId]).toEqual(['polled', 'polls', 'polled'])
  expect(readDeadLetter(message(poll('polled'), { source: 'tasks' })).source).toBe('tasks')
})
