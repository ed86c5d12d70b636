import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import type { FromQueue } from '../../local/aws/lambda-front.ts'
import { makeLocalSqsClient } from '../../local/clients.ts'
import { makeBackoff } from '../../local/lambda/backoff.ts'
import { makeBatchReceiver } from '../../local/lambda/batch-receiver.ts'
import { makePause } from '../../local/lambda/pause.ts'
import { deleteBatch, makeVisible } from '../../local/lambda/queue-batches.ts'
import { sqsRecordOf } from '../../local/lambda/queue-event.ts'
import { type QueueSource, startQueuePoller } from '../../local/lambda/queue-poller.ts'
import { later, until } from './bundles.ts'
import { failed, said, scriptedSqs, silence } from './scripted-sqs.ts'

const QUEUE = 'http://127.0.0.1:9324/000000000000/work'
const messages = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ MessageId: `m${n}`, ReceiptHandle: `r${n}` }))
const entries = (from: number, to: number, more: object = {}) =>
  Array.from({ length: to - from }, (_, n) => ({ Id: `${n}`, ReceiptHandle: `r${from + n}`, ...more }))

describe('a batch that was worked on', () => {
  it('is deleted ten messages at a time, each by its own receipt and none left out', async () => {
    const { client, asked } = await scriptedSqs()
    const warnings: string[] = []
    await deleteBatch(client, QUEUE, messages(23), (text) => warnings.push(text))
    const expected = [entries(0, 10), entries(10, 20), entries(20, 23)].map((Entries) => ({
      call: 'DeleteMessageBatch',
      input: { QueueUrl: QUEUE, Entries },
    }))
    expect(asked).toHaveLength(3)
    expect(asked).toEqual(expect.arrayContaining(expected))
    expect(warnings).toEqual([])
  })

  it('costs no call if nothing of it is to be deleted', async () => {
    const { client, asked } = await scriptedSqs()
    await deleteBatch(client, QUEUE, [], () => {})
    await makeVisible(client, QUEUE, [])
    expect(asked).toEqual([])
  })

  it('says how many come again where a call fails or SQS does not take all its entries, and deletes the others', async () => {
    const { client, asked } = await scriptedSqs(({ input }) => {
      const ids = JSON.stringify(input.Entries)
      if (ids.includes('"r0"')) return failed('AccessDenied', 'not allowed')
      if (!ids.includes('"r10"')) return said({ Successful: [] })
      const entry = (Id: string) => ({ Id, SenderFault: true, Code: 'ReceiptHandleIsInvalid', Message: 'expired' })
      return said({ Successful: [], Failed: [entry('3'), entry('4')] })
    })
    const warnings: string[] = []
    await deleteBatch(client, QUEUE, messages(23), (text) => warnings.push(text))
    expect(asked).toHaveLength(3)
    expect(warnings.toSorted()).toEqual([
      '10 messages could not be deleted and will come again: not allowed',
      '2 messages could not be deleted and will come again: expired',
    ])
  })

  it('is made visible at once, ten messages at a time, also the rest behind a call that failed', async () => {
    const { client, asked } = await scriptedSqs(({ input }) =>
      JSON.stringify(input.Entries).includes('"r0"') ? failed('AccessDenied') : said({}),
    )
    await makeVisible(client, QUEUE, messages(12))
    const now = { VisibilityTimeout: 0 }
    expect(asked).toEqual(
      [entries(0, 10, now), entries(10, 12, now)].map((Entries) => ({
        call: 'ChangeMessageVisibilityBatch',
        input: { QueueUrl: QUEUE, Entries },
      })),
    )
  })
})

it('a record has base64 for a binary attribute, empty text for what SQS left out, and no checksum of attributes there are none of', () => {
  const attribute = { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255) }
  expect(sqsRecordOf({ MessageAttributes: { a: attribute } }, 'arn:q')).toStrictEqual({
    ...{ messageId: '', receiptHandle: '', body: '', attributes: {}, md5OfBody: '' },
    messageAttributes: {
      a: { binaryValue: 'AP8=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
    },
    ...{ eventSource: 'aws:sqs', eventSourceARN: 'arn:q', awsRegion: 'us-east-1' },
  })
})

describe('the wait after failures', () => {
  it('doubles from 200 ms to 5 s and stays there, and one success ends it', () => {
    const backoff = makeBackoff()
    const waits = [backoff.milliseconds()]
    for (let n = 0; n < 8; n += 1) {
      backoff.fail()
      waits.push(backoff.milliseconds())
    }
    expect(waits).toEqual([0, 200, 400, 800, 1600, 3200, 5000, 5000, 5000])
    for (let n = 0; n < 2000; n += 1) backoff.fail()
    expect([backoff.failures, backoff.milliseconds()]).toEqual([2008, 5000])
    backoff.succeed()
    expect([backoff.failures, backoff.milliseconds()]).toEqual([0, 0])
    backoff.fail()
    expect(backoff.milliseconds()).toBe(200)
  })

  it('ends at its time or when it is told to, and is not told of what ended before', async () => {
    vi.useFakeTimers()
    try {
      const pause = makePause()
      pause.end()
      const ended: string[] = []
      const waits = async (name: string, wait: Promise<void>) => {
        await wait
        ended.push(name)
      }
      const timed = waits('timed', pause.for(200))
      await vi.advanceTimersByTimeAsync(199)
      expect(ended).toEqual([])
      await vi.advanceTimersByTimeAsync(1)
      await timed
      const told = waits('told', pause.for(5000))
      pause.end()
      await told
      expect(vi.getTimerCount()).toBe(0)
      const endless = waits('endless', pause.until())
      await vi.advanceTimersByTimeAsync(100_000)
      expect(ended).toEqual(['timed', 'told'])
      pause.end()
      await endless
      const past = waits('past', pause.for(-1000))
      await vi.advanceTimersByTimeAsync(0)
      await past
      expect(ended).toEqual(['timed', 'told', 'endless', 'past'])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('a batch that is not full', () => {
  it.each([
    ['with 900 ms left the rest is waited out', 1100, ['20 s at 0', '1 s at 0', '0 s at 2000']],
    ['with 901 ms left it waits once more', 1099, ['20 s at 0', '1 s at 0', '1 s at 1099', '0 s at 2198']],
  ])('is gathered at most 100 ms longer than its window: %s', async (_, tookMs, receives) => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
    try {
      const client = makeLocalSqsClient('http://127.0.0.1:9')
      const asked: string[] = []
      const answer = ({ input }: { input: object }) => {
        const seconds = 'WaitTimeSeconds' in input ? input.WaitTimeSeconds : null
        asked.push(`${seconds} s at ${performance.now() - began}`)
        if (seconds === 1) vi.advanceTimersByTime(tookMs)
        return { output: { Messages: messages(1), $metadata: {} }, response: null }
      }
      client.middlewareStack.add(() => async (args) => answer(args), { step: 'initialize', priority: 'high' })
      const source = { queueUrl: QUEUE, batchSize: 10, windowSeconds: 2 }
      const receiver = makeBatchReceiver({ client, source, warn: () => {}, makeQueues: async () => {} })
      const began = performance.now()
      const batch = receiver.next()
      await vi.advanceTimersByTimeAsync(2000)
      expect([asked, await batch]).toEqual([receives, receives.flatMap(() => messages(1))])
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('what an event source does with a batch', () => {
  const message = (n: number, Body = `body ${n}`) => {
    const MD5OfBody = createHash('md5').update(Body).digest('hex')
    const Attributes = { ApproximateReceiveCount: '1', ...(n === 1 && { AWSTraceHeader: 'Root=1' }) }
    return { MessageId: `m${n}`, ReceiptHandle: `r${n}`, Body, MD5OfBody, Attributes }
  }

  /** The first receive gets three messages; the next ones wait until the poller stops. */
  async function polled(
    ended: () => FromQueue,
    change: Partial<QueueSource> = {},
    Messages = [0, 1, 2].map((n) => message(n)),
  ) {
    let receives = 0
    const asFunction = await scriptedSqs(({ call }) => {
      if (call !== 'ReceiveMessage') return said({})
      receives += 1
      return receives === 1 ? said({ Messages }) : silence
    })
    const own = await scriptedSqs()
    const [warnings, invoked]: [string[], unknown[]] = [[], []]
    const poller = startQueuePoller({
      client: asFunction.client,
      ownClient: own.client,
      source: {
        ...{ queueUrl: QUEUE, queueArn: 'arn:q', batchSize: 10, windowSeconds: 0 },
        ...{ maximumConcurrency: 2, partial: true, enabled: true, ...change },
      },
      invoke: async ({ Records }, traceHeaders) => {
        invoked.push([Records.map((record) => JSON.stringify(record).slice(14, 16)), traceHeaders])
        return ended()
      },
      warn: (text) => warnings.push(text),
      makeQueues: async () => {},
    })
    later(() => poller.stop())
    return { poller, asFunction, own, warnings, invoked }
  }
  const returned = (payload: string): FromQueue => ({ kind: 'returned', payload })
  const notBatch = 'the answer was not a partial batch response, so the whole batch counts as failed'

  it.each<[string, FromQueue, { deleted: string[]; visible: string[]; warnings?: string[] }]>([
    ['succeeded', returned('null'), { deleted: ['r0', 'r1', 'r2'], visible: [] }],
    [
      'failed for one message',
      returned('{"batchItemFailures":[{"itemIdentifier":"m1"}]}'),
      { deleted: ['r0', 'r2'], visible: [] },
    ],
    [
      'failed for all messages',
      returned(JSON.stringify({ batchItemFailures: ['m0', 'm1', 'm2'].map((itemIdentifier) => ({ itemIdentifier })) })),
      { deleted: [], visible: [] },
    ],
    ['answered something else', returned('"ok"'), { deleted: [], visible: [], warnings: [notBatch] }],
    ['threw', { kind: 'threw', errorType: 'Error', errorMessage: 'no' }, { deleted: [], visible: [] }],
    ['passed its time limit', { kind: 'timedOut' }, { deleted: [], visible: [] }],
    ['was throttled by Lambda', { kind: 'notInvoked' }, { deleted: [], visible: [] }],
    ['found no room', { kind: 'refused' }, { deleted: [], visible: ['r0', 'r1', 'r2'] }],
  ])(
    'whose invocation %s: what is deleted, and what is given back at once by the fleet itself',
    async (_, ended, then) => {
      const { poller, asFunction, own, warnings, invoked } = await polled(() => ended)
      await until('the invocation', () => invoked.length === 1)
      await poller.stop()
      expect(invoked).toEqual([[['m0', 'm1', 'm2'], ['Root=1']]])
      const receipts = ({ asked }: typeof own, call: string) =>
        asked
          .filter((one) => one.call === call)
          .flatMap(({ input }) => JSON.stringify(input.Entries).match(/r\d/g) ?? [])
      expect(receipts(asFunction, 'DeleteMessageBatch')).toEqual(then.deleted)
      expect(receipts(own, 'ChangeMessageVisibilityBatch')).toEqual(then.visible)
      expect(asFunction.asked.map(({ call }) => call)).not.toContain('ChangeMessageVisibilityBatch')
      expect(own.asked).toHaveLength(then.visible.length === 0 ? 0 : 1)
      expect(warnings).toEqual(then.warnings ?? [])
    },
  )

  it.each([
    [
      [2_499_000, 2_499_000, 1],
      [['m0', 'm1'], ['m2']],
    ],
    [
      [2_499_000, 2_499_001, 1],
      [['m0'], ['m1', 'm2']],
    ],
    [
      [6_000_000, 1, 1],
      [['m0'], ['m1', 'm2']],
    ],
  ])('of bodies of %j bytes is invoked in parts of 5 MB at most, in the order of the queue', async (sizes, parts) => {
    const bodies = sizes.map((size, n) => message(n, 'x'.repeat(size)))
    const { poller, asFunction, invoked } = await polled(() => returned('null'), {}, bodies)
    await until('all parts', () => invoked.length === 2)
    await poller.stop()
    expect(invoked).toEqual(parts.map((part) => [part, part.includes('m1') ? ['Root=1'] : []]))
    expect(asFunction.asked.filter(({ call }) => call === 'DeleteMessageBatch')).toHaveLength(2)
  })

  it('that it still gathers when it is stopped: given back at once, and the function is not invoked', async () => {
    const { poller, asFunction, own, invoked } = await polled(() => returned('null'), { windowSeconds: 60 })
    await until('it gathers', () => asFunction.asked.length === 2)
    expect(asFunction.asked.map(({ input }) => [input.MaxNumberOfMessages, input.WaitTimeSeconds])).toEqual([
      [10, 20],
      [7, 1],
    ])
    await poller.stop()
    expect([own.asked.map(({ call }) => call), invoked]).toEqual([['ChangeMessageVisibilityBatch'], []])
  })

  const ONE_AT_A_TIME = { maximumConcurrency: 1 }
  it('that is disabled while it holds back after a failure: it receives nothing until it is enabled', async () => {
    let [holdsBack, receives] = [false, 0]
    const { poller, asFunction } = await polled(() => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      holdsBack = true
      return { kind: 'timedOut' }
    }, ONE_AT_A_TIME)
    asFunction.client.middlewareStack.add(
      (next) => (args) => {
        receives += 1
        return next(args)
      },
      { step: 'initialize' },
    )
    try {
      await until('it holds back', () => holdsBack)
      for (let turns = 0; turns < 5; turns += 1) await new Promise(setImmediate)
      const before = receives
      poller.setEnabled(false)
      await vi.advanceTimersByTimeAsync(10_000)
      expect(receives - before).toBe(0)
      poller.setEnabled(true)
      await vi.advanceTimersByTimeAsync(10_000)
      expect(receives - before).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })
})
