import { type Message, QueueDoesNotExist, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import type { FromQueue } from '../aws/lambda-front.ts'
import { TRACE_ATTRIBUTE } from '../aws/trace-header.ts'
import { errorText } from '../support/user-error.ts'
import { makeBackoff } from './backoff.ts'
import { readBatchResponse } from './batch-response.ts'
import { makePause } from './pause.ts'
import { deleteBatch, makeVisible } from './queue-batches.ts'
import { sqsRecordOf } from './queue-event.ts'

export interface Source {
  queueUrl: string
  queueArn: string
  batchSize: number
  windowSeconds: number
  /** The most concurrent batches. */
  maximumConcurrency: number
  partial: boolean
  enabled: boolean
}
export interface QueuePoller {
  /** While disabled, the poller receives nothing; batches that were received before are still processed. */
  setEnabled(enabled: boolean): void
  /** Stops receiving and waits for the running batches. */
  stop(): Promise<void>
}
interface PollerOptions {
  /** The client that receives and deletes. */
  client: SQSClient
  /**
   * The client that makes unprocessed messages visible again. Lambda does that itself, so the function's role needs no
   * permission for it.
   */
  ownClient: SQSClient
  source: Source
  /** `traceHeaders`: the trace headers of those messages of the batch that have one. */
  invoke: (event: { Records: unknown[] }, traceHeaders: readonly string[]) => Promise<FromQueue>
  /** For a source with a batching window: how long (seconds) an incomplete batch is gathered. Default: the window. */
  gatherSeconds?: (windowSeconds: number) => number
  warn: (message: string) => void
  /** Called when the queue no longer exists: a restarted engine has lost its queues. */
  makeQueues: () => Promise<void>
}

const LONG_POLL_SECONDS = 20
/** Lambda's limit for one invocation is 6 MB; a larger batch is split. */
const LARGEST_EVENT_BYTES = 5_000_000

/**
 * An event source mapping: receives messages, gathers a batch until it is full or its window ends, invokes the
 * function, and deletes the messages that succeeded. While the allowed number of batches runs, nothing is received, so
 * that waiting uses up no receive. A batch that failed as a whole becomes visible again after its visibility timeout,
 * and the following batches are delayed.
 */
export function startQueuePoller(options: PollerOptions): QueuePoller {
  const { client, ownClient, source, invoke, warn, makeQueues, gatherSeconds = (seconds) => seconds } = options
  const sleep = makePause()
  const slot = makePause()
  const receiving = makeBackoff()
  const working = makeBackoff()
  let [enabled, stopped] = [source.enabled, false]
  const running = new Set<Promise<void>>()
  let wait = new AbortController()

  async function receive(most: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: source.queueUrl,
      MaxNumberOfMessages: Math.min(10, most),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    })
    try {
      const { Messages = [] } = await client.send(command, { abortSignal: wait.signal })
      receiving.succeed()
      return Messages
    } catch (error) {
      if (!wait.signal.aborted) await receiveFailed(error)
      return []
    }
  }

  async function receiveFailed(error: unknown): Promise<void> {
    receiving.fail()
    if (receiving.failures === 1) warn(`messages cannot be received: ${errorText(error)}`)
    if (error instanceof QueueDoesNotExist) await makeQueues().catch(() => {}) // said above; tried again next time
    await sleep.for(receiving.milliseconds())
  }

  async function gather(): Promise<Message[]> {
    const batch = await receive(source.batchSize, LONG_POLL_SECONDS)
    if (batch.length === 0 || source.windowSeconds === 0) return batch
    const end = performance.now() + gatherSeconds(source.windowSeconds) * 1000
    const open = () => batch.length < source.batchSize && !wait.signal.aborted
    while (open() && end - performance.now() > 900) batch.push(...(await receive(source.batchSize - batch.length, 1)))
    await sleep.for(open() ? end - performance.now() : 0)
    for (let got = 10; open() && got >= 10; ) {
      const more = await receive(source.batchSize - batch.length, 0)
      batch.push(...more)
      got = more.length
    }
    return batch
  }

  async function work(batch: Message[]): Promise<void> {
    const traceHeaders = batch
      .flatMap(({ Attributes = {} }) => Object.entries(Attributes))
      .flatMap(([name, value]) => (name === TRACE_ATTRIBUTE ? [value] : []))
    const ended = await invoke({ Records: batch.map((message) => sqsRecordOf(message, source.queueArn)) }, traceHeaders)
    if (ended.kind === 'refused') return makeVisible(ownClient, source.queueUrl, batch)
    if (ended.kind !== 'returned') return working.fail()
    const done = source.partial ? succeeded(batch, ended.payload) : batch
    if (done === undefined) return malformed()
    working.succeed()
    await deleteBatch(client, source.queueUrl, done, warn)
  }

  function succeeded(batch: Message[], payload: string): Message[] | undefined {
    const verdict = readBatchResponse(
      payload,
      batch.map(({ MessageId }) => MessageId ?? ''),
    )
    return verdict.kind === 'malformed'
      ? undefined
      : batch.filter(({ MessageId }) => !verdict.failed.has(MessageId ?? ''))
  }

  function malformed(): void {
    working.fail()
    warn('the answer was not a partial batch response, so the whole batch counts as failed')
  }

  function start(batch: Message[]): void {
    const one = work(batch).finally(() => {
      running.delete(one)
      slot.end()
    })
    running.add(one)
  }

  /** After a failed invocation, batches run one at a time and later, until one succeeds. */
  const allowed = () => (working.failures > 0 ? 1 : source.maximumConcurrency)

  async function poll(): Promise<void> {
    while (!stopped) {
      if (!enabled || running.size >= allowed()) await slot.until()
      else {
        if (working.failures > 0) await sleep.for(working.milliseconds())
        if (wait.signal.aborted) wait = new AbortController()
        // It may have been stopped or disabled while it held back.
        const batch = stopped || !enabled ? [] : await gather()
        if (stopped) await makeVisible(ownClient, source.queueUrl, batch)
        else for (const part of bySize(batch)) start(part)
      }
    }
  }

  const polling = poll()
  return {
    setEnabled(wanted) {
      enabled = wanted
      if (!enabled) wait.abort()
      slot.end()
    },
    async stop() {
      stopped = true
      wait.abort()
      slot.end()
      sleep.end()
      await polling
      await Promise.all(running)
    },
  }
}

function bySize(batch: Message[]): Message[][] {
  const parts: Message[][] = []
  let room = 0
  for (const message of batch) {
    const size = 1000 + Buffer.byteLength(message.Body ?? '')
    if (size > room) {
      parts.push([])
      room = LARGEST_EVENT_BYTES
    }
    parts.at(-1)?.push(message)
    room -= size
  }
  return parts
}
