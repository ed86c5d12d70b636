import type { Log } from '../core/ports.ts'
import { viewOf } from '../core/record/view.ts'
import type { FunctionFacts, HealthContext } from './context.ts'
import { historyBeside, type ReadHistory } from './history-cache.ts'
import type { CachedReading } from './record-cache.ts'

/** Renders from what is known at `now`, or, if this record cannot be rendered, as if there were none. */
export function makeWithContext({ history, log }: { history: ReadHistory; log: Log }, self: FunctionFacts) {
  const contextOf = (look: CachedReading, now: number): HealthContext => ({
    now,
    look,
    view: viewOf(look.reading, now, self.settings, look.admission),
    self,
    lastRun: null,
    history: historyBeside(history, look, now),
  })

  return async <Answer>(
    found: CachedReading,
    now: number,
    answer: (seen: HealthContext) => Promise<Answer>,
  ): Promise<Answer> => {
    try {
      return await answer(contextOf(found, now))
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown'
      log('error', 'the readiness record cannot be rendered', { why })
      return answer(contextOf({ ...found, reading: { kind: 'unreadable', why: 'corrupt', readAt: now } }, now))
    }
  }
}
