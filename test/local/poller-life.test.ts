import { ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { FromQueue } from '../../local/aws/lambda-front.ts'
import { makeBatchReceiver } from '../../local/lambda/batch-receiver.ts'
import { type QueueSource, startQueuePoller } from '../../local/lambda/queue-poller.ts'
import { turnsUntil } from '../turns-until.ts'
import { later } from './bundles.ts'
import { received, type SqsSays, sqsInProcess } from './sqs-in-process.ts'

const QUEUE = 'http://127.0.0.1:9/000000000000/work'
const DONE: FromQueue = { kind: 'returned', payload: 'null' }
const turns = async () => {
  for (let n = 0; n < 50; n += 1) await new Promise(setImmediate)
}
// The SDK loads parts of itself with the first call; from then on a call takes some turns and no time.
beforeAll(() => sqsInProcess(() => ({})).client.send(new ReceiveMessageCommand({ QueueUrl: QUEUE })))

/** Timers, and the ticks of the machine, go on only when the test says so. */
function stopTime(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
}
const never = new Promise<never>(() => {})

/** What each call does, and how it ends, one after another: `receive 10`, `invoke a,b`, `delete a`, `visible b`. */
function polled(change: Partial<QueueSource>, says: (call: string, bodies: string) => SqsSays = () => ({})) {
  const steps: string[] = []
  const receives: { answer(said: object | string): void; most: unknown; seconds: unknown }[] = []
  const invocations: { bodies: string; end(ended: FromQueue): void }[] = []
  const answer =
    (whose: string) =>
    ({ call, input }: { call: string; input: Record<string, unknown> }): SqsSays => {
      const bodies = JSON.stringify(input.Entries ?? [])
        .match(/r-\w+/g)
        ?.map((receipt) => receipt.slice(2))
        .join()
      const word = call === 'ReceiveMessage' ? 'receive' : call.startsWith('Delete') ? 'delete' : 'visible'
      steps.push([word, bodies, whose].filter(Boolean).join(' '))
      if (call !== 'ReceiveMessage') return says(word, bodies ?? '')
      const { promise, resolve } = Promise.withResolvers<object | string>()
      receives.push({ answer: resolve, most: input.MaxNumberOfMessages, seconds: input.WaitTimeSeconds })
      return promise
    }
  const queueMade: string[] = []
  const poller = startQueuePoller({
    client: sqsInProcess(answer('')).client,
    ownClient: sqsInProcess(answer('by the runtime')).client,
    source: {
      ...{ queueUrl: QUEUE, queueArn: 'arn:q', batchSize: 10, windowSeconds: 0 },
      ...{ maximumConcurrency: 2, partial: true, enabled: true, ...change },
    },
    invoke: ({ Records }) => {
      const bodies = Records.map((record) => JSON.stringify(record).match(/"body":"(\w+)"/)?.[1]).join()
      steps.push(`invoke ${bodies}`)
      const { promise, resolve } = Promise.withResolvers<FromQueue>()
      invocations.push({ bodies, end: resolve })
      return promise
    },
    warn: (text) => steps.push(`warn ${text}`),
    makeQueues: async () => void queueMade.push('made'),
  })
  later(() => {
    for (const { end } of invocations) end(DONE)
    return poller.stop()
  })
  /** Answers the newest receive with these, and waits for what follows. */
  const give = async (...names: string[]) => {
    const before = receives.length
    await turnsUntil(() => receives.length > 0)
    receives[before - 1]?.answer({ Messages: names.map(received) })
    await turns()
  }
  const end = async (bodies: string, ended: FromQueue) => {
    invocations.find((one) => one.bodies === bodies)?.end(ended)
    await turns()
  }
  const stop = () => {
    const stopped = { is: false }
    void poller.stop().then(() => {
      stopped.is = true
    })
    return stopped
  }
  return { poller, steps, receives, give, end, stop }
}

describe('an event source that is stopped', () => {
  it('waits for the batches that run and for the deletion of what they did, and receives nothing more', async () => {
    const deleted = Promise.withResolvers<object>()
    const { steps, give, end, stop } = polled({}, () => deleted.promise)
    await turns()
    await give('a', 'b')
    expect(steps).toEqual(['receive', 'invoke a,b', 'receive'])
    const stopped = stop()
    await turns()
    expect(stopped.is).toBe(false)
    await end('a,b', { kind: 'returned', payload: '{"batchItemFailures":[{"itemIdentifier":"m-a"}]}' })
    expect([steps.slice(3), stopped.is]).toEqual([['delete b'], false])
    deleted.resolve({})
    await turns()
    expect([steps.slice(4), stopped.is]).toEqual([[], true])
  })

  it('waits until what the function did not take is visible again', async () => {
    const visible = Promise.withResolvers<object>()
    const { steps, give, end, stop } = polled({}, () => visible.promise)
    await turns()
    await give('a')
    const stopped = stop()
    await end('a', { kind: 'refused' })
    expect([steps.slice(3), stopped.is]).toEqual([['visible a by the runtime'], false])
    visible.resolve({})
    await turns()
    expect(stopped.is).toBe(true)
  })

  it('is over at once where it holds back after a failure, however long it would', async () => {
    stopTime()
    const { steps, give, end, stop } = polled({ maximumConcurrency: 1 })
    await turns()
    await give('a')
    await end('a', { kind: 'timedOut' })
    const stopped = stop()
    await turns()
    expect([steps, stopped.is]).toEqual([['receive', 'invoke a'], true])
  })

  it('is over at once where SQS does not answer', async () => {
    stopTime()
    const { steps, receives, stop } = polled({})
    await turns()
    receives[0]?.answer('AccessDenied')
    await turns()
    const stopped = stop()
    await turns()
    expect([steps, stopped.is]).toEqual([['receive', 'warn messages cannot be received: no: AccessDenied'], true])
  })
})

describe('an event source that is disabled', () => {
  it('while it gathers a batch hands over at once what it has, and receives nothing until it is enabled', async () => {
    stopTime()
    const { poller, steps, give, end, receives } = polled({ batchSize: 5, windowSeconds: 60 })
    await turns()
    await give('a', 'b')
    await give('c')
    expect(receives.map(({ most, seconds }) => [most, seconds])).toEqual([
      [5, 20],
      [3, 1],
      [2, 1],
    ])
    poller.setEnabled(false)
    await turns()
    await vi.advanceTimersByTimeAsync(0)
    expect(steps.slice(3)).toEqual(['invoke a,b,c'])
    await end('a,b,c', DONE)
    await vi.advanceTimersByTimeAsync(100_000)
    expect(steps.slice(4)).toEqual(['delete a,b,c'])
    poller.setEnabled(true)
    await turns()
    expect(steps.slice(5)).toEqual(['receive'])
  })

  it('while a receive waits ends that receive, says nothing of it, and asks anew when it is enabled', async () => {
    const { poller, steps, give } = polled({})
    await turns()
    poller.setEnabled(false)
    await turns()
    poller.setEnabled(true)
    await turns()
    await give('a')
    expect(steps).toEqual(['receive', 'receive', 'invoke a', 'receive'])
  })
})

describe('the pace of an event source', () => {
  it('is one batch at a time after one failure and after the second one, each later, and full after one success', async () => {
    stopTime()
    const { steps, give, end } = polled({ maximumConcurrency: 2 })
    await turns()
    await give('a')
    await give('b')
    expect(steps.splice(0)).toEqual(['receive', 'invoke a', 'receive', 'invoke b'])
    await end('a', { kind: 'crashed', errorMessage: 'no' })
    await vi.advanceTimersByTimeAsync(10_000)
    // The other one still runs, and it is the one that may.
    expect(steps.splice(0)).toEqual([])
    await end('b', { kind: 'threw', errorType: 'E', errorMessage: 'no' })
    await vi.advanceTimersByTimeAsync(399)
    expect(steps.splice(0)).toEqual([])
    await vi.advanceTimersByTimeAsync(1)
    await turns()
    await give('c')
    await turns()
    expect(steps.splice(0)).toEqual(['receive', 'invoke c'])
    await end('c', DONE)
    await give('d')
    expect(steps.splice(0)).toEqual(['delete c', 'receive', 'invoke d', 'receive'])
  })

  it('does not change where the function only had no room: what was refused is visible again, and the next batch follows at once', async () => {
    stopTime()
    const { steps, give, end } = polled({ maximumConcurrency: 2 })
    await turns()
    await give('a')
    await end('a', { kind: 'refused' })
    await give('b')
    await give('c')
    expect(steps).toEqual([
      'receive',
      'invoke a',
      'receive',
      'visible a by the runtime',
      'invoke b',
      'receive',
      'invoke c',
    ])
  })

  it('is as many batches as the source allows: the next one is received when one has ended and is deleted', async () => {
    const deleted = Promise.withResolvers<object>()
    const { steps, give, end } = polled({ maximumConcurrency: 2 }, () => deleted.promise)
    await turns()
    await give('a')
    await give('b')
    await end('b', DONE)
    expect(steps).toEqual(['receive', 'invoke a', 'receive', 'invoke b', 'delete b'])
    deleted.resolve({})
    await turns()
    expect(steps.slice(5)).toEqual(['receive'])
  })
})

describe('a receiver of batches', () => {
  function receiving(source: { batchSize: number; windowSeconds: number }, answers: SqsSays[], made = async () => {}) {
    stopTime()
    const began = performance.now()
    const asked: string[] = []
    const warnings: string[] = []
    const sqs = sqsInProcess(({ input }) => {
      asked.push(`${input.MaxNumberOfMessages} for ${input.WaitTimeSeconds} s at ${performance.now() - began}`)
      return answers.shift() ?? never
    })
    let queuesMade = 0
    const receiver = makeBatchReceiver({
      client: sqs.client,
      source: { queueUrl: QUEUE, ...source },
      warn: (text) => warnings.push(text),
      makeQueues: () => {
        queuesMade += 1
        return made()
      },
    })
    const next = async () => {
      const got: { bodies?: (string | undefined)[] } = {}
      void receiver.next().then((batch) => {
        got.bodies = batch.map(({ Body }) => Body)
      })
      await turns()
      return got
    }
    return { receiver, next, asked, warnings, sqs, queuesMade: () => queuesMade }
  }
  const some = (...names: string[]) => ({ Messages: names.map(received) })

  it('asks for all that a record needs', async () => {
    const { next, sqs } = receiving({ batchSize: 4, windowSeconds: 0 }, [some('a')])
    expect(await next()).toEqual({ bodies: ['a'] })
    const names = { MessageSystemAttributeNames: ['All'], MessageAttributeNames: ['All'] }
    const input = { QueueUrl: QUEUE, MaxNumberOfMessages: 4, WaitTimeSeconds: 20, ...names }
    expect(sqs.asked).toEqual([{ call: 'ReceiveMessage', input }])
  })

  it('has an empty batch where a long poll finds nothing, and opens no window for it', async () => {
    const { next, asked } = receiving({ batchSize: 100, windowSeconds: 60 }, [{}])
    expect(await next()).toEqual({ bodies: [] })
    expect(asked).toEqual(['10 for 20 s at 0'])
  })

  it('hands over a batch that is full at once, though its window is open', async () => {
    const { next, asked } = receiving({ batchSize: 3, windowSeconds: 60 }, [some('a', 'b'), some('c')])
    const got = await next()
    await vi.advanceTimersByTimeAsync(0)
    expect(got).toEqual({ bodies: ['a', 'b', 'c'] })
    expect(asked).toEqual(['3 for 20 s at 0', '1 for 1 s at 0'])
  })

  it('at the end of a window takes what is there, ten at a time, until fewer come', async () => {
    const ten = Array.from({ length: 10 }, (_, n) => `t${n}`)
    const { next, asked } = receiving({ batchSize: 100, windowSeconds: 0.5 }, [
      ...[some('a'), some(...ten), some(...ten.slice(0, 9))],
    ])
    const got = await next()
    await vi.advanceTimersByTimeAsync(499)
    expect(got).toEqual({})
    await vi.advanceTimersByTimeAsync(1)
    await turns()
    expect(got).toEqual({ bodies: ['a', ...ten, ...ten.slice(0, 9)] })
    expect(asked).toEqual(['10 for 20 s at 0', '10 for 0 s at 500', '10 for 0 s at 500'])
  })

  it('says once of each outage that it cannot receive, waits longer each time, and makes no queues for it', async () => {
    const down = 'AccessDenied'
    const { next, asked, warnings, queuesMade } = receiving({ batchSize: 10, windowSeconds: 0 }, [
      ...[down, down, some('a'), down, some('b')],
    ])
    const [first] = [await next()]
    await vi.advanceTimersByTimeAsync(199)
    expect(first).toEqual({})
    await vi.advanceTimersByTimeAsync(1)
    expect(first).toEqual({ bodies: [] })
    const second = await next()
    await vi.advanceTimersByTimeAsync(400)
    expect([second, await next()]).toEqual([{ bodies: [] }, { bodies: ['a'] }])
    await next()
    await vi.advanceTimersByTimeAsync(200)
    expect(await next()).toEqual({ bodies: ['b'] })
    expect(asked.map((text) => text.replace(/^.* at /, ''))).toEqual(['0', '200', '600', '600', '800'])
    const told = 'messages cannot be received: no: AccessDenied'
    expect([warnings, queuesMade()]).toEqual([[told, told], 0])
  })

  it('makes the queues again each time that the queue is not there, also after it could not', async () => {
    const gone = 'QueueDoesNotExist'
    let tries = 0
    const made = async () => {
      tries += 1
      if (tries === 1) throw new Error('not yet')
    }
    const { next, queuesMade } = receiving({ batchSize: 10, windowSeconds: 0 }, [gone, gone, some('a')], made)
    await next()
    await vi.advanceTimersByTimeAsync(200)
    await next()
    await vi.advanceTimersByTimeAsync(400)
    expect([await next(), queuesMade()]).toEqual([{ bodies: ['a'] }, 2])
  })
})
