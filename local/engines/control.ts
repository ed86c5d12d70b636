import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { write } from '../gateway/forward.ts'
import { closeServer, type ListenTarget, listen, urlOf } from '../support/listen.ts'
import { FOREIGN_HOST, isOwnHost } from '../support/own-host.ts'
import { readBody } from '../support/read-body.ts'
import { requestedUrl } from '../support/requested-url.ts'
import { UserError } from '../support/user-error.ts'
import { type ControlPlane, controlAnswer } from './control-answer.ts'
import type { Engine } from './engine.ts'
import { makeRequestCounts } from './request-counts.ts'

export type { ControlPlane } from './control-answer.ts'

const LARGEST_BODY = 4 * 1024 * 1024

/**
 * Serves the calls for which npm has no engine, on one loopback server and in their real wire protocol: the value of
 * the secret, event source mappings, PutMetricData. `pages` are plain JSON for people and tests, by path; they hold no
 * secret and need no credentials. Requests with another `Host` than this server's own are refused.
 */
export async function startControl(
  place: ListenTarget,
  plane: ControlPlane,
  pages: Readonly<Record<string, () => unknown>> = {},
): Promise<Engine> {
  const counts = makeRequestCounts()
  const all = { ...pages, '/metrics-received': () => plane.metrics.read() }
  const server = createServer((request, response) => {
    counts.count(request.headers['x-amz-target'])
    serveControl(plane, all, request, response).catch(() => response.destroy())
  })
  const port = await listen(server, place)
  return { port, url: urlOf(port), requests: counts.read, stop: () => closeServer(server, 500) }
}

/**
 * Starts the control endpoint of a fleet. Engines that ran before have a control endpoint too, and another fleet may
 * use the default port. Then any free port will do, because only the functions call the endpoint. It is a problem only
 * if a person chose the port and another program uses it.
 */
export async function startFleetControl(
  place: ListenTarget,
  chosen: boolean,
  ...rest: [ControlPlane, Readonly<Record<string, () => unknown>>]
): Promise<Engine> {
  try {
    return await startControl(place, ...rest)
  } catch (error) {
    if (!(error instanceof UserError) || (chosen && !(await isControl(urlOf(place.port))))) throw error
    return startControl({ ...place, port: 0 }, ...rest)
  }
}

/** Whether a control endpoint of Lifesign answers at this URL. */
async function isControl(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) })
    const body: unknown = await response.json()
    return typeof body === 'object' && body !== null && 'lifesign' in body
  } catch {
    return false
  }
}

async function serveControl(
  plane: ControlPlane,
  pages: Readonly<Record<string, () => unknown>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isOwnHost(request.headers.host, request.socket.localPort ?? 0)) return sendText(response, 403, FOREIGN_HOST)
  const url = requestedUrl(request)
  const page = request.method === 'GET' && Object.hasOwn(pages, url.pathname) ? pages[url.pathname] : undefined
  if (page !== undefined) return send(response, 'application/json', 200, page())
  const body = await readBody(request, LARGEST_BODY)
  if (body === undefined) return send(response, 'application/json', 413, { message: 'too large' })
  const { headers, method = 'GET', url: path = '/' } = request
  const checked = await plane.check?.({ headers, method, path, body })
  if (checked?.kind === 'refused') return write(response, checked.answer)
  const asked = {
    method,
    url,
    target: String(request.headers['x-amz-target'] ?? ''),
    encoding: String(request.headers['content-encoding'] ?? ''),
    body,
  }
  const { status, body: answered } = await controlAnswer(plane, asked)
  send(response, request.headers['content-type'] ?? 'application/json', status, answered)
}

const sendText = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length }).end(text)
}

function send(response: ServerResponse, type: string, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  const length = Buffer.byteLength(text)
  response.writeHead(status, { 'content-type': type, 'content-length': length, ...errorType(status, body) }).end(text)
}

/** REST clients read the type of an error from this header. */
const errorType = (status: number, body: unknown): Record<string, string> =>
  status >= 400 && typeof body === 'object' && body !== null && '__type' in body
    ? { 'x-amzn-errortype': String(body.__type) }
    : {}
