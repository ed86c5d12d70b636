import { type DeadLetter, readDeadLetter } from './dead-letter.ts'
import type { Queue } from './queue.ts'

/** Hidden long enough to look through them all; a process that dies gives them back by this. */
const HIDE_SECONDS = 120
const LONGEST_MS = 90_000
/** SQS may answer one look with nothing although there is something. */
const EMPTY_LOOKS = 2

export interface Scan {
  letters: DeadLetter[]
  /** False: time ran out before the end of the queue. */
  whole: boolean
}

/** Every message of the dead-letter queue once, hidden from others until it is given back or deleted. */
export async function scan(queue: Queue, stop: AbortSignal, onProgress: (seen: number) => void): Promise<Scan> {
  const letters = new Map<string, DeadLetter>()
  const until = Date.now() + LONGEST_MS
  for (let empty = 0; empty < EMPTY_LOOKS; ) {
    if (stop.aborted || Date.now() > until) return { letters: [...letters.values()], whole: false }
    const messages = await queue.receive(1, HIDE_SECONDS)
    for (const message of messages) letters.set(message.messageId, readDeadLetter(message))
    empty = messages.length === 0 ? empty + 1 : 0
    onProgress(letters.size)
  }
  return { letters: [...letters.values()], whole: true }
}
