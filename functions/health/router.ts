import { type FunctionFacts, type HealthContext, isoTime, type Rendering } from './context.ts'
import { type HealthRequest, type HealthResponse, respond } from './http.ts'
import { retryAfterSeconds } from './retry-after.ts'
import { type HealthView, VIEWS } from './views.ts'

type Route =
  | { kind: 'view'; view: HealthView; name: string; head: boolean }
  | { kind: 'refused'; response: HealthResponse }

/** Which view a request is for. Decided before anything is read. */
export function routeOf({ method, path }: HealthRequest): Route {
  const head = method === 'HEAD'
  const { view, name } = viewAt(path.replace(/\/+$/, ''))
  if (view === undefined) return { kind: 'refused', response: notFound(head) }
  if (method === 'GET' || head) return { kind: 'view', view, name, head }
  return { kind: 'refused', response: respond(405, { Allow: 'GET, HEAD' }, { error: 'method_not_allowed' }, false) }
}

function viewAt(path: string): { view: HealthView | undefined; name: string } {
  const cut = path.lastIndexOf('/') + 1
  const name = path.slice(cut)
  const exact = name === '*' ? undefined : own(path)
  return exact === undefined && name !== '' ? { view: own(`${path.slice(0, cut)}*`), name } : { view: exact, name: '' }
}

const own = (path: string): HealthView | undefined => (Object.hasOwn(VIEWS, path) ? VIEWS[path] : undefined)

export const renderStatic = (
  view: HealthView & { needs: 'nothing' },
  self: FunctionFacts,
  head: boolean,
): HealthResponse => respond(200, {}, view.render(self), head)

/** `authorized`: the caller may see everything. `fraction`: uniform in [0, 1). */
export function renderFromRecord(
  route: { view: HealthView & { needs: 'record' }; name: string; head: boolean },
  seen: HealthContext,
  authorized: boolean,
  fraction: number,
): HealthResponse {
  const rendering = route.view.render(seen, route.name)
  if (rendering === null) return notFound(route.head)
  const headers = { ...headersOf(seen), ...retryOf(rendering, seen, fraction) }
  return respond(rendering.good ? 200 : 503, headers, authorized ? rendering.full : rendering.reduced, route.head)
}

/** The headers of every view, whatever its own status is. */
const headersOf = ({ view }: HealthContext): Record<string, string> => ({
  'X-Health-Status': view.status,
  'X-Service-Mode': view.mode,
  'X-Health-Time': isoTime(view.sweptAt) ?? 'unknown',
})

const retryOf = ({ good }: Rendering, { view, now, self }: HealthContext, fraction: number): Record<string, string> =>
  good ? {} : { 'Retry-After': String(retryAfterSeconds(view, now, self.settings, fraction)) }

const notFound = (head: boolean): HealthResponse => respond(404, {}, { error: 'not_found' }, head)
