import type { Queue } from '../fleet/queue.ts'
import { type DeadLetter, readDeadLetter } from './dead-letter.ts'

/**
 * Messages are hidden for this long, which is enough to read them all. If this process dies, they become visible again
 * after this time.
 */
const HIDE_SECONDS = 120
const LONGEST_MS = 90_000
/**
 * A short poll may find nothing although messages exist; the last receive is a long poll, which asks all of SQS's
 * servers.
 */
const LAST_RECEIVE_SECONDS = 1

export interface Scan {
  letters: DeadLetter[]
  /** False: the time ended before the whole queue was read. */
  whole: boolean
}

/**
 * Reads every message of the dead-letter queue once. Each is hidden from others until it is made visible again or
 * deleted.
 */
export async function scan(
  queue: Pick<Queue, 'receive'>,
  stop: AbortSignal,
  onProgress: (seen: number) => void,
): Promise<Scan> {
  const letters = new Map<string, DeadLetter>()
  const until = Date.now() + LONGEST_MS
  for (let waitSeconds = 0; ; ) {
    if (stop.aborted || Date.now() > until) return { letters: [...letters.values()], whole: false }
    const messages = await queue.receive(waitSeconds, HIDE_SECONDS)
    if (messages.length === 0 && waitSeconds > 0) return { letters: [...letters.values()], whole: true }
    waitSeconds = messages.length === 0 ? LAST_RECEIVE_SECONDS : 0
    for (const message of messages) letters.set(message.messageId, readDeadLetter(message))
    onProgress(letters.size)
  }
}
