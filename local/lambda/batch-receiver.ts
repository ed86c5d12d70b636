import { type Message, QueueDoesNotExist, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { errorText } from '../support/user-error.ts'
import { makeBackoff } from './backoff.ts'
import { makePause } from './pause.ts'

export interface ReceiverOptions {
  client: SQSClient
  source: { queueUrl: string; batchSize: number; windowSeconds: number }
  /** For a source with a batching window: how long (seconds) an incomplete batch is gathered. Default: the window. */
  gatherSeconds?: (windowSeconds: number) => number
  warn: (message: string) => void
  /** Called when the queue no longer exists: a restarted engine has lost its queues. */
  makeQueues: () => Promise<void>
}

interface BatchReceiver {
  /** The next batch; empty if no message came within one long poll. */
  next(): Promise<Message[]>
  /** Ends the receive that is under way. What it has received so far is the batch. */
  interrupt(): void
  /** Ends every wait too, those after failures included. */
  stop(): void
}

const LONG_POLL_SECONDS = 20
/**
 * With so little of the window left no receive that waits for a second is begun, so a batch is gathered at most 100 ms
 * longer than its window.
 */
const LEAST_LEFT_MS = 900

/** Receives messages and gathers a batch until it is full or its window ends. */
export function makeBatchReceiver(options: ReceiverOptions): BatchReceiver {
  const { client, source, warn, makeQueues, gatherSeconds = (seconds) => seconds } = options
  const pause = makePause()
  const backoff = makeBackoff()
  let receiving = new AbortController()

  async function receive(most: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: source.queueUrl,
      MaxNumberOfMessages: Math.min(10, most),
      WaitTimeSeconds: waitSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    })
    try {
      const { Messages = [] } = await client.send(command, { abortSignal: receiving.signal })
      backoff.succeed()
      return Messages
    } catch (error) {
      if (!receiving.signal.aborted) await waitAfter(error)
      return []
    }
  }

  async function waitAfter(error: unknown): Promise<void> {
    backoff.fail()
    if (backoff.failures === 1) warn(`messages cannot be received: ${errorText(error)}`)
    if (error instanceof QueueDoesNotExist) await makeQueues().catch(() => {}) // said above; tried again next time
    await pause.for(backoff.milliseconds())
  }

  const isOpen = (batch: Message[]) => batch.length < source.batchSize && !receiving.signal.aborted

  /** Adds to the batch until its window ends: by receives of a second each, then by what is there at the end. */
  async function fill(batch: Message[]): Promise<void> {
    const end = performance.now() + gatherSeconds(source.windowSeconds) * 1000
    const receiveMore = async (waitSeconds: number) => {
      const more = await receive(source.batchSize - batch.length, waitSeconds)
      batch.push(...more)
      return more.length
    }
    while (isOpen(batch) && end - performance.now() > LEAST_LEFT_MS) await receiveMore(1)
    await pause.for(isOpen(batch) ? end - performance.now() : 0)
    for (let got = 10; isOpen(batch) && got >= 10; ) got = await receiveMore(0)
  }

  return {
    async next() {
      if (receiving.signal.aborted) receiving = new AbortController()
      const batch = await receive(source.batchSize, LONG_POLL_SECONDS)
      if (batch.length > 0 && source.windowSeconds > 0) await fill(batch)
      return batch
    },
    interrupt: () => receiving.abort(),
    stop() {
      receiving.abort()
      pause.end()
    },
  }
}
