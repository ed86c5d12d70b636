import type { Clock, Ids, Log } from '../core/ports.ts'
import { viewOf } from '../core/record/view.ts'
import type { FunctionFacts } from './context.ts'
import type { HealthRequest, HealthResponse } from './http.ts'
import type { CachedReading } from './record-cache.ts'
import { renderFromRecord, renderStatic, routeOf } from './router.ts'
import type { TokenCheck } from './token-check.ts'

interface HealthPorts {
  look: () => Promise<CachedReading>
  access: TokenCheck
  clock: Clock
  ids: Pick<Ids, 'fraction'>
  log: Log
}

/** Answers every request. A failing check and a corrupt record also lead to an answer. */
export function makeHealth({ look, access, clock, ids, log }: HealthPorts, self: FunctionFacts) {
  return async (request: HealthRequest): Promise<HealthResponse> => {
    const route = routeOf(request)
    if (route.kind === 'refused') return route.response
    const { view, asked, head } = route
    if (view.needs === 'nothing') return renderStatic({ view, asked, head }, self)
    const [found, authorized] = await Promise.all([look(), access(request.headers.authorization)])
    const answer = (found: CachedReading): Promise<HealthResponse> => {
      const now = clock.now()
      const seen = { now, look: found, view: viewOf(found.reading, now, self.settings), self }
      return renderFromRecord({ view, asked, head }, seen, authorized, ids.fraction())
    }
    try {
      return await answer(found)
    } catch (error) {
      log('error', 'the readiness record cannot be rendered', {
        why: error instanceof Error ? error.message : 'unknown',
      })
      const reading = { kind: 'unreadable', why: 'corrupt', readAt: clock.now() } as const
      return answer({ reading, milliseconds: found.milliseconds })
    }
  }
}
