import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue, Received } from '../fleet/queue.ts'
import { type ReceivedResult, readResult } from './result-message.ts'

/**
 * Waiting on a queue that others read too. While we hold another client's result, that client cannot receive it. So all
 * waiting messages are received in one go (else the same ten would come again and again), the others' results are made
 * visible again at once, and the next receive waits for a time that grows while the same messages return. Our results
 * are deleted. If this process dies, the messages that it held become visible after `HIDE_SECONDS`.
 */
const HIDE_SECONDS = 30
const LONGEST_TAKE_MS = 15_000
const PAUSE_MS = { first: 200, longest: 2000 }
/** If an engine answers an empty long poll sooner than this, it does not wait; then we wait. */
const NO_WAIT_MS = 200

/** Waits so many milliseconds, or until `stop` fires. */
export type PauseFor = (milliseconds: number, stop: AbortSignal) => Promise<unknown>
export const realPause: PauseFor = (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => {})

export type ResultQueue = Pick<Queue, 'receive' | 'delete' | 'giveBack'>

/**
 * Receives the results of `wanted` until it is empty, `until` has passed or `stop` fires; `wanted` then holds the rest.
 * Second copies of a result (delivery is at least once) are deleted with the first.
 */
export async function takeResults(
  queue: ResultQueue,
  wanted: Set<string>,
  until: () => number,
  onResult: (result: ReceivedResult) => void,
  stop: AbortSignal,
  pauseFor: PauseFor = realPause,
): Promise<void> {
  const ours = new Set(wanted)
  let pause = PAUSE_MS.first
  const done = () => wanted.size === 0 || stop.aborted || Date.now() >= until()
  while (!done()) {
    const others: Received[] = []
    let mine = 0
    try {
      const takeUntil = Date.now() + LONGEST_TAKE_MS
      for (let waitSeconds = longPoll(until()); !done() && Date.now() < takeUntil; waitSeconds = 0) {
        const messages = await receive(queue, waitSeconds, stop, pauseFor)
        if (messages.length === 0) break
        const taken = messages.filter((message) => take(message, ours, wanted, onResult))
        others.push(...messages.filter((message) => !taken.includes(message)))
        mine += taken.length
        // One that cannot be deleted was printed all the same; it becomes visible again as a second copy.
        await queue.delete(taken).catch(() => {})
        if (others.length === 0) break
      }
    } finally {
      await queue.giveBack(others)
    }
    pause = others.length === 0 || mine > 0 ? PAUSE_MS.first : Math.min(2 * pause, PAUSE_MS.longest)
    if (others.length > 0 && !done()) await pauseFor(pause, stop)
  }
}

const longPoll = (until: number): number => Math.max(0, Math.min(5, Math.ceil((until - Date.now()) / 1000)))

async function receive(
  queue: ResultQueue,
  waitSeconds: number,
  stop: AbortSignal,
  pauseFor: PauseFor,
): Promise<Received[]> {
  const began = Date.now()
  try {
    const messages = await queue.receive(waitSeconds, HIDE_SECONDS, stop)
    const early = messages.length === 0 && Date.now() - began < Math.min(waitSeconds * 1000, NO_WAIT_MS)
    if (early) await pauseFor(NO_WAIT_MS, stop)
    return messages
  } catch (error) {
    if (stop.aborted) return []
    throw error
  }
}

function take({ body }: Received, ours: Set<string>, wanted: Set<string>, onResult: (result: ReceivedResult) => void) {
  const result = readResult(body)
  if (result === undefined || !ours.has(result.taskId)) return false
  if (wanted.delete(result.taskId)) onResult(result)
  return true
}
