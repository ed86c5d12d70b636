import type { Clock } from '../../functions/core/ports.ts'
import { makeHeap } from '../support/heap.ts'

/** 21 November 2026, 12:00 UTC: where the clocks of tests and simulations begin. */
export const NOON = Date.UTC(2026, 10, 21, 12)

export interface MemoryClock extends Clock {
  /** Moves time on and wakes, in order of time, whoever sleeps until then. */
  advance(milliseconds: number): Promise<void>
  /** Sets the time back or forth and wakes nobody: a skewed machine. */
  set(to: number): void
}

/**
 * A clock that stands still until it is told. With `skip`, a sleep takes no real time and moves the clock on at once:
 * for code that only ever sleeps between attempts.
 */
export function memoryClock(start: number = NOON, { skip = false } = {}): MemoryClock {
  let time = start
  const sleepers = makeHeap<{ at: number; wake: () => void }>()
  return {
    now: () => time,
    set: (to) => {
      time = to
    },
    sleep(milliseconds) {
      if (skip) {
        time += milliseconds
        return Promise.resolve()
      }
      return new Promise((wake) => sleepers.add({ at: time + milliseconds, wake }))
    },
    async advance(milliseconds) {
      const end = time + milliseconds
      for (let due = sleepers.first(); due !== undefined && due.at <= end; due = sleepers.first()) {
        sleepers.take()
        time = Math.max(time, due.at)
        due.wake()
        await settled()
      }
      time = end
      await settled()
    },
  }
}

/** Everything that is ready to run has run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
