import type { Message, SQSClient } from '@aws-sdk/client-sqs'
import { makeBackoff } from './backoff.ts'
import { makeBatchReceiver, type ReceiverOptions } from './batch-receiver.ts'
import { type InvokeOptions, invokeBatch } from './invoke-batch.ts'
import { makePause } from './pause.ts'
import { deleteBatch, makeVisible, splitBySize } from './queue-batches.ts'

export interface QueuePoller {
  /** While disabled, the poller receives nothing; batches that were received before are still processed. */
  setEnabled(enabled: boolean): void
  /** Stops receiving and waits for the running batches. */
  stop(): Promise<void>
}
/** `client` receives and deletes. */
interface PollerOptions extends ReceiverOptions, InvokeOptions {
  /**
   * The client that makes unprocessed messages visible again. Lambda does that itself, so the function's role needs no
   * permission for it.
   */
  ownClient: SQSClient
  source: QueueSource
}
export type QueueSource = ReceiverOptions['source'] &
  InvokeOptions['source'] & {
    /** The most concurrent batches. */
    maximumConcurrency: number
    enabled: boolean
  }

/**
 * An event source mapping: receives batches, invokes the function with them, and deletes the messages that succeeded.
 * While the allowed number of batches runs, nothing is received, so that waiting uses up no receive. A batch that
 * failed as a whole becomes visible again after its visibility timeout, and the following batches are delayed.
 */
export function startQueuePoller(options: PollerOptions): QueuePoller {
  const { client, ownClient, source, warn } = options
  const receiver = makeBatchReceiver(options)
  const turn = makePause()
  const delay = makePause()
  const backoff = makeBackoff()
  const running = new Set<Promise<void>>()
  let [enabled, stopped] = [source.enabled, false]

  /** After a failed invocation, batches run one at a time and later, until one succeeds. */
  const maximumNow = () => (backoff.failures > 0 ? 1 : source.maximumConcurrency)

  async function processBatch(batch: Message[]): Promise<void> {
    const outcome = await invokeBatch(options, batch)
    switch (outcome.kind) {
      case 'refused':
        return makeVisible(ownClient, source.queueUrl, batch)
      case 'failed':
        return backoff.fail()
      case 'processed':
        backoff.succeed()
        return deleteBatch(client, source.queueUrl, outcome.succeeded, warn)
    }
  }

  function start(batch: Message[]): void {
    const processing = processBatch(batch).finally(() => {
      running.delete(processing)
      turn.end()
    })
    running.add(processing)
  }

  async function receiveAndStart(): Promise<void> {
    if (backoff.failures > 0) await delay.for(backoff.milliseconds())
    if (stopped || !enabled) return
    const batch = await receiver.next()
    if (stopped) return makeVisible(ownClient, source.queueUrl, batch)
    for (const part of splitBySize(batch)) start(part)
  }

  async function poll(): Promise<void> {
    while (!stopped) {
      if (enabled && running.size < maximumNow()) await receiveAndStart()
      else await turn.until()
    }
  }

  const polling = poll()
  return {
    setEnabled(wanted) {
      enabled = wanted
      if (!enabled) receiver.interrupt()
      turn.end()
    },
    async stop() {
      stopped = true
      receiver.stop()
      turn.end()
      delay.end()
      await polling
      await Promise.all(running)
    },
  }
}
