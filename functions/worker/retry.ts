import type { Clock } from '../core/ports.ts'

/** How long one operation is tried. It ends with the last try, or with the time, whichever comes first. */
export interface RetryPolicy {
  tries?: number
  /** No try starts later than so long after the first one began. */
  budgetMs?: number
  pauseMs: number
}

/** Every retry of the workers. test/worker/retry.test.ts compares their sums with the time limit of an invocation. */
export const RETRIES = {
  /** The id of a paid task, into the table. */
  recordSubmit: { budgetMs: 3000, pauseMs: 250 },
  /** A settlement whose write was not answered, at least; see `retryUnanswered`. */
  settle: { budgetMs: 4000, pauseMs: 250 },
  /** The result of a callback, to the result queue. */
  sendResult: { tries: 8, pauseMs: 250 },
  /** The outcome item of one invocation. */
  writeOutcome: { tries: 3, pauseMs: 250 },
} as const satisfies Record<string, RetryPolicy>

/** Time at the end of an invocation that no retry uses, because sends and the outcome item come after it. */
export const KEPT_BACK_MS = { recordSubmit: 1000, settle: 5000 } as const

/** Tries `operation` until it answers. `leftMs`: what is left of the budget. Throws what the last try threw. */
export async function retryFor<T>(
  clock: Clock,
  { tries = Number.POSITIVE_INFINITY, budgetMs = Number.POSITIVE_INFINITY, pauseMs }: RetryPolicy,
  operation: (leftMs: number) => Promise<T>,
): Promise<T> {
  const endsAt = clock.now() + budgetMs
  for (let n = 1; ; n += 1) {
    try {
      return await operation(Math.max(0, endsAt - clock.now()))
    } catch (error) {
      if (n >= tries || clock.now() + pauseMs > endsAt) throw error
      await clock.sleep(pauseMs)
    }
  }
}

/**
 * Tries a write again whose answer was lost, until the table says what became of it. A worker that gave up at once
 * would write an outcome item that does not count a settlement which names it. A worker that is killed meanwhile writes
 * none, and the next worker that finds the task counts the settlement. `endsAt`: when the invocation is killed, for a
 * caller that may use all of its time.
 */
export function retryUnanswered<T>(clock: Clock, write: () => Promise<T>, endsAt = 0): Promise<T> {
  const budgetMs = Math.max(RETRIES.settle.budgetMs, endsAt - KEPT_BACK_MS.settle - clock.now())
  return retryFor(clock, { ...RETRIES.settle, budgetMs }, write)
}
