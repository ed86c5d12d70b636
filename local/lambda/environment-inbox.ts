import type { InvocationEnd, InvokeResult } from './invocation-end.ts'

/** Two below the wrap of the numbers, so that every run passes it. */
const FIRST = 2 ** 31 - 2

interface Handed {
  order: number
  resolve: (handled: InvokeResult) => void
}

export interface EnvironmentInbox {
  /** The number of the next invocation to begin, shared with the thread. */
  readonly begun: Int32Array
  /** Invocations that were handed over and have not ended. */
  readonly size: number
  /** How long the first of them has run, in milliseconds, as far as the answers tell; 0 if there is none. */
  busyMs(): number
  /** Whether the first of them has ended in the thread, and only its answer has not arrived. */
  hasAnswered(): boolean
  /** The number under which the thread must begin the invocation, and its end. */
  hand(): { order: number; handled: Promise<InvokeResult> }
  /** The first of them ended. */
  end(ended: InvocationEnd): void
  /** All that the thread has not begun end with `notBegun`, and the thread will not begin them. */
  takeBack(): void
}

/**
 * The invocations that one thread has been handed and that it runs one at a time, in order. The thread begins number n
 * by changing `begun` from n to n + 1 in one step, and only then. `takeBack` changes it past all numbers that were
 * handed over, in one step as well. So each invocation is either begun or taken back, and never both, whatever the
 * thread is doing at that moment. The numbers wrap around, and only equal ones are compared.
 */
export function makeEnvironmentInbox(now: () => number): EnvironmentInbox {
  const begun = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  begun[0] = FIRST
  const handed: Handed[] = []
  let next = FIRST
  let firstSince = 0

  /** The number that the thread would have begun next. */
  function closeAll(): number {
    for (;;) {
      const open = Atomics.load(begun, 0)
      if (Atomics.compareExchange(begun, 0, open, next) === open) return open
    }
  }

  return {
    begun,
    get size() {
      return handed.length
    },
    busyMs: () => (handed.length === 0 ? 0 : now() - firstSince),
    hasAnswered() {
      const [, second] = handed
      return second !== undefined && handedBefore(second.order, Atomics.load(begun, 0))
    },
    hand() {
      const order = next
      next = (next + 1) | 0
      if (handed.length === 0) firstSince = now()
      return { order, handled: new Promise((resolve) => handed.push({ order, resolve })) }
    },
    end(ended) {
      const first = handed.shift()
      firstSince = now()
      first?.resolve(ended)
    },
    takeBack() {
      const open = closeAll()
      const from = handed.findIndex(({ order }) => order === open)
      if (from < 0) return
      for (const { resolve } of handed.splice(from)) resolve({ kind: 'notBegun' })
    },
  }
}

/** Also after the numbers wrapped around. */
const handedBefore = (number: number, other: number): boolean => ((other - number) | 0) > 0
