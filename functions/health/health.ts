import type { Clock, Ids, Log } from '../core/ports.ts'
import { viewOf } from '../core/view.ts'
import type { Request, Response } from './http.ts'
import type { Look } from './record-cache.ts'
import { answerAlone, answerSeen, routeOf } from './router.ts'
import type { Self } from './seen.ts'
import type { Access } from './token.ts'

export interface HealthPorts {
  look: () => Promise<Look>
  access: Access
  clock: Clock
  ids: Pick<Ids, 'fraction'>
  log: Log
}

/** Answers every request: a failing check, and a record that nobody can make sense of, are answers too. */
export function makeHealth({ look, access, clock, ids, log }: HealthPorts, self: Self) {
  return async (request: Request): Promise<Response> => {
    const route = routeOf(request)
    if (route.kind === 'refused') return route.response
    const { view, name, head } = route
    if (view.needs === 'nothing') return answerAlone(view, self, head)
    const [found, all] = await Promise.all([look(), access(request.headers.authorization)])
    const answer = (found: Look): Response => {
      const now = clock.now()
      const seen = { now, look: found, view: viewOf(found.reading, now, self.settings), self }
      return answerSeen({ view, name, head }, seen, all, ids.fraction())
    }
    try {
      return answer(found)
    } catch (error) {
      log('error', 'the record makes no sense', { why: error instanceof Error ? error.message : 'unknown' })
      const reading = { kind: 'unreadable', why: 'corrupt', readAt: clock.now() } as const
      return answer({ reading, milliseconds: found.milliseconds })
    }
  }
}
