import type { Clock, Ids, Log } from '../core/ports.ts'
import type { DeepRun } from '../core/record/deep-run.ts'
import type { FunctionFacts, HealthContext } from './context.ts'
import type { Deep } from './deep/deep.ts'
import { renderDeep } from './deep/render-deep.ts'
import type { ReadHistory } from './history-cache.ts'
import type { HealthRequest, HealthResponse } from './http.ts'
import type { CachedReading } from './record-cache.ts'
import {
  type Prepared,
  type Routed,
  refuseToken,
  renderFromRecord,
  renderStatic,
  respondWith,
  routeOf,
} from './router.ts'
import { makeSameMillisecond } from './same-millisecond.ts'
import type { TokenCheck } from './token-check.ts'
import { makeWithContext } from './with-context.ts'

interface HealthPorts {
  look: () => Promise<CachedReading>
  history: ReadHistory
  access: TokenCheck
  deep: Deep
  /** The last deep run as far as it can be read soon; never throws. */
  lastRun: () => Promise<DeepRun | null>
  clock: Clock
  ids: Pick<Ids, 'fraction'>
  log: Log
}

/** Answers every request. A failing check and a corrupt record also lead to an answer. */
export function makeHealth(
  { look, history, access, deep, lastRun: shownRun, clock, ids, log }: HealthPorts,
  self: FunctionFacts,
) {
  const same = makeSameMillisecond<Promise<Prepared>>()
  const withContext = makeWithContext({ history, log }, self)

  return async (request: HealthRequest): Promise<HealthResponse> => {
    const route = routeOf(request)
    if (route.kind === 'refused') return route.response
    const { view, asked, head } = route
    if (view.needs === 'nothing') return renderStatic({ view, asked, head }, self)
    if (view.needs === 'token') return answerDeep(request, { view, asked, head })
    const answer = () => answerView(request, { view, asked, head })
    // A caller who brings a token is judged and answered alone.
    if (request.headers.authorization !== undefined) return finish(await answer())
    return finish(await same(look(), clock.now(), `${request.method} ${request.path}\n${asked.accept ?? ''}`, answer))
  }

  async function answerView({ headers }: HealthRequest, routed: Routed<'record'>): Promise<Prepared> {
    const [found, token, lastRun] = await Promise.all([
      look(),
      access(headers.authorization),
      routed.view.tellsDependencies === true ? shownRun() : null,
    ])
    return withContext(found, clock.now(), (seen) => renderFromRecord(routed, { ...seen, lastRun }, token))
  }

  async function answerDeep(request: HealthRequest, routed: Routed<'token'>): Promise<HealthResponse> {
    const [found, token] = await Promise.all([look(), access(request.headers.authorization)])
    if (token !== 'right') return withContext(found, clock.now(), async (seen) => refuseToken(routed, seen, token))
    // Run outside of `withContext`, which may render twice.
    const outcome = await deep(request, found.reading)
    const render = (seen: HealthContext) => respondWith(renderDeep(outcome, seen.now), routed, seen, token)
    return finish(await withContext(found, clock.now(), render))
  }

  /** The wait of every answer is spread anew. */
  function finish({ response, retryAfter }: Prepared): HealthResponse {
    if (retryAfter === null) return response
    return { ...response, headers: { ...response.headers, 'Retry-After': String(retryAfter(ids.fraction())) } }
  }
}
