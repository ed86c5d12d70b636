import { type FunctionFacts, type HealthContext, isoTime } from './context.ts'
import { encode } from './formats.ts'
import { type HealthRequest, type HealthResponse, refuse, respond } from './http.ts'
import type { Asked, Grade, Refusal, Rendering } from './rendering.ts'
import { retryAfterSeconds, spreadSeconds } from './retry-after.ts'
import type { TokenState } from './token-check.ts'
import type { HealthView } from './view.ts'
import { VIEWS } from './views.ts'

type Route =
  | { kind: 'view'; view: HealthView; asked: Asked; head: boolean }
  | { kind: 'refused'; response: HealthResponse }

/** Which view a request is for. Decided before anything is read. */
export function routeOf({ method, path, headers }: HealthRequest): Route {
  const head = method === 'HEAD'
  const { view, name } = viewAt(withoutEndSlashes(path))
  if (view === undefined) return { kind: 'refused', response: notFound(head) }
  const allowed = METHODS[view.needs]
  if (allowed.includes(method)) return { kind: 'view', view, asked: { name, accept: headers.accept }, head }
  return { kind: 'refused', response: refuse(405, 'method_not_allowed', { headers: { Allow: allowed.join(', ') } }) }
}

const READING = ['GET', 'HEAD']
const METHODS: Readonly<Record<HealthView['needs'], readonly string[]>> = {
  nothing: READING,
  record: READING,
  token: [...READING, 'POST'],
}

function viewAt(path: string): { view: HealthView | undefined; name: string } {
  const cut = path.lastIndexOf('/') + 1
  const name = path.slice(cut)
  const exact = own(path)
  return exact === undefined ? { view: own(`${path.slice(0, cut)}*`), name } : { view: exact, name: '' }
}

function withoutEndSlashes(path: string): string {
  let end = path.length
  while (path.endsWith('/', end)) end -= 1
  return path.slice(0, end)
}

const own = (path: string): HealthView | undefined => (Object.hasOwn(VIEWS, path) ? VIEWS[path] : undefined)

export interface Routed<Needs extends HealthView['needs']> {
  view: HealthView & { needs: Needs }
  asked: Asked
  head: boolean
}

export const renderStatic = ({ view, asked, head }: Routed<'nothing'>, self: FunctionFacts): HealthResponse =>
  respond(200, {}, encode(view.render(self), 'pass', asked.accept, self.version), head)

/** An answer but for its `Retry-After`, which `retryAfter` makes of a number that is uniform in [0, 1). */
export interface Prepared {
  response: HealthResponse
  retryAfter: ((fraction: number) => number) | null
}

export async function renderFromRecord(
  { view, asked, head }: Routed<'record'>,
  seen: HealthContext,
  token: TokenState,
): Promise<Prepared> {
  const rendering = await view.render(seen, asked)
  if (rendering === null) return { response: notFound(head), retryAfter: null }
  return respondWith(rendering, { asked, head }, seen, token)
}

/** Without the token nothing of a protected view is shown, and nothing is said about why. */
export function refuseToken({ head }: Routed<'token'>, seen: HealthContext, token: 'none' | 'wrong'): HealthResponse {
  const headers = headersOf(seen)
  if (token === 'wrong') return refuse(403, 'forbidden', { head, headers })
  return refuse(401, 'unauthorized', { head, headers: { ...headers, 'WWW-Authenticate': 'Bearer' } })
}

export async function respondWith(
  rendering: Rendering | Refusal,
  { asked, head }: Pick<Routed<HealthView['needs']>, 'asked' | 'head'>,
  seen: HealthContext,
  token: TokenState,
): Promise<Prepared> {
  const headers = headersOf(seen)
  if ('error' in rendering) {
    const { status, error, retryAfter: wait } = rendering
    const retryAfter = wait === undefined ? null : (fraction: number) => spreadSeconds(wait, fraction)
    return { response: refuse(status, error, { head, headers }), retryAfter }
  }
  const { grade, full, reduced } = rendering
  const encoded = encode(await (token === 'right' ? full() : reduced()), grade, asked.accept, seen.self.version)
  return { response: respond(grade === 'fail' ? 503 : 200, headers, encoded, head), retryAfter: retryOf(grade, seen) }
}

/** The headers of every view, whatever its own status is. */
const headersOf = ({ view }: HealthContext): Record<string, string> => ({
  'X-Health-Status': view.status,
  'X-Service-Mode': view.mode,
  'X-Health-Time': isoTime(view.sweptAt) ?? 'unknown',
})

function retryOf(grade: Grade, { view, now, look, self }: HealthContext): Prepared['retryAfter'] {
  if (grade !== 'fail') return null
  const control = look.admission?.control ?? null
  return (fraction) => retryAfterSeconds({ view, now, control }, self.settings, fraction)
}

const notFound = (head: boolean): HealthResponse => refuse(404, 'not_found', { head })
