import type { Queue } from '../fleet/queue.ts'
import { type DeadLetter, readDeadLetter } from './dead-letter.ts'

/** Hidden long enough to look through them all; a process that dies gives them back by this. */
const HIDE_SECONDS = 120
const LONGEST_MS = 90_000
/** A short look may find nothing although there is something; the last one asks all of SQS's servers. */
const LAST_LOOK_SECONDS = 1

export interface Scan {
  letters: DeadLetter[]
  /** False: time ran out before the end of the queue. */
  whole: boolean
}

/** Every message of the dead-letter queue once, hidden from others until it is given back or deleted. */
export async function scan(queue: Queue, stop: AbortSignal, onProgress: (seen: number) => void): Promise<Scan> {
  const letters = new Map<string, DeadLetter>()
  const until = Date.now() + LONGEST_MS
  for (let waitSeconds = 0; ; ) {
    if (stop.aborted || Date.now() > until) return { letters: [...letters.values()], whole: false }
    const messages = await queue.receive(waitSeconds, HIDE_SECONDS)
    if (messages.length === 0 && waitSeconds > 0) return { letters: [...letters.values()], whole: true }
    waitSeconds = messages.length === 0 ? LAST_LOOK_SECONDS : 0
    for (const message of messages) letters.set(message.messageId, readDeadLetter(message))
    onProgress(letters.size)
  }
}
