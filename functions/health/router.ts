import { type FunctionFacts, type HealthContext, isoTime } from './context.ts'
import { encode } from './formats.ts'
import { type HealthRequest, type HealthResponse, refuse, respond } from './http.ts'
import type { Asked, Grade } from './rendering.ts'
import { retryAfterSeconds } from './retry-after.ts'
import type { HealthView } from './view.ts'
import { VIEWS } from './views.ts'

type Route =
  | { kind: 'view'; view: HealthView; asked: Asked; head: boolean }
  | { kind: 'refused'; response: HealthResponse }

/** Which view a request is for. Decided before anything is read. */
export function routeOf({ method, path, headers }: HealthRequest): Route {
  const head = method === 'HEAD'
  const { view, name } = viewAt(path.replace(/\/+$/, ''))
  if (view === undefined) return { kind: 'refused', response: notFound(head) }
  if (method === 'GET' || head) return { kind: 'view', view, asked: { name, accept: headers.accept }, head }
  return { kind: 'refused', response: refuse(405, 'method_not_allowed', { headers: { Allow: 'GET, HEAD' } }) }
}

function viewAt(path: string): { view: HealthView | undefined; name: string } {
  const cut = path.lastIndexOf('/') + 1
  const name = path.slice(cut)
  const exact = name === '*' ? undefined : own(path)
  return exact === undefined && name !== '' ? { view: own(`${path.slice(0, cut)}*`), name } : { view: exact, name: '' }
}

const own = (path: string): HealthView | undefined => (Object.hasOwn(VIEWS, path) ? VIEWS[path] : undefined)

interface Routed<Needs extends HealthView['needs']> {
  view: HealthView & { needs: Needs }
  asked: Asked
  head: boolean
}

export const renderStatic = ({ view, asked, head }: Routed<'nothing'>, self: FunctionFacts): HealthResponse =>
  respond(200, {}, encode(view.render(self), 'pass', asked.accept, self.version), head)

/** `authorized`: the caller may see everything. `fraction`: uniform in [0, 1). */
export async function renderFromRecord(
  { view, asked, head }: Routed<'record'>,
  seen: HealthContext,
  authorized: boolean,
  fraction: number,
): Promise<HealthResponse> {
  const rendering = await view.render(seen, asked)
  if (rendering === null) return notFound(head)
  const { grade, full, reduced } = rendering
  const encoded = encode(await (authorized ? full() : reduced()), grade, asked.accept, seen.self.version)
  const headers = { ...headersOf(seen), ...retryOf(grade, seen, fraction) }
  return respond(grade === 'fail' ? 503 : 200, headers, encoded, head)
}

/** The headers of every view, whatever its own status is. */
const headersOf = ({ view }: HealthContext): Record<string, string> => ({
  'X-Health-Status': view.status,
  'X-Service-Mode': view.mode,
  'X-Health-Time': isoTime(view.sweptAt) ?? 'unknown',
})

const retryOf = (grade: Grade, { view, now, self }: HealthContext, fraction: number): Record<string, string> =>
  grade === 'fail' ? { 'Retry-After': String(retryAfterSeconds(view, now, self.settings, fraction)) } : {}

const notFound = (head: boolean): HealthResponse => refuse(404, 'not_found', { head })
