import type { Clock } from '../core/ports.ts'

/** How long an unanswered write is tried again at least, the pause between tries, and the time kept back for what follows. */
const SPAN_MS = 4000
const PAUSE_MS = 250
const KEPT_BACK_MS = 5000

/**
 * Tries a write again whose answer was lost, until the table says what became of it. A worker that gave up at once would
 * write an outcome item that does not count a settlement which names it. One that is killed meanwhile writes none, and
 * whoever meets the task next counts it. `endsAt`: when the invocation is killed, where all of its time may be used.
 */
export async function retryUnanswered<T>(clock: Clock, write: () => Promise<T>, endsAt = 0): Promise<T> {
  const until = Math.max(clock.now() + SPAN_MS, endsAt - KEPT_BACK_MS)
  for (;;) {
    try {
      return await write()
    } catch (error) {
      if (clock.now() + PAUSE_MS > until) throw error
      await clock.sleep(PAUSE_MS)
    }
  }
}
