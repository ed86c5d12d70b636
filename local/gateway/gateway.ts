import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { closeServer, type ListenTarget, listen, urlOf } from '../support/listen.ts'
import { FOREIGN_HOST, isOwnHost } from '../support/own-host.ts'
import { readBody } from '../support/read-body.ts'
import type { EngineAnswer, Service } from './call.ts'
import type { Checker } from './checker.ts'
import { forward, write } from './forward.ts'
import { type Interceptor, intercept } from './interceptor.ts'

interface GatewayOptions {
  check: Checker
  /** Service → address of its engine. */
  engines: Readonly<Record<Service, string>>
  interceptors: readonly Interceptor[]
}

export interface Gateway {
  url: string
  stop(): Promise<void>
}

/** More than any engine accepts in one request. */
const LARGEST_BODY = 32 * 1024 * 1024
const PLACE: ListenTarget = { what: 'gateway', port: 0, variable: '' }

/**
 * Starts the gateway between the functions and the engines, on a free loopback port. It identifies each function by its
 * credentials of this run, passes on the requests that the function's role in the template allows, and refuses the
 * others as AWS does. Allowed requests and their answers are passed on unchanged.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, noDelay: true })
  server.on('request', (incoming, outgoing) => {
    serveGateway(options, incoming, outgoing).catch(() => outgoing.destroy())
  })
  const port = await listen(server, PLACE)
  return { url: urlOf(port), stop: () => closeServer(server, 500) }
}

async function serveGateway(
  options: GatewayOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  if (!isOwnHost(incoming.headers.host, incoming.socket.localPort ?? 0)) return write(outgoing, FOREIGN)
  const body = await readBody(incoming, LARGEST_BODY)
  if (body === undefined) return write(outgoing, TOO_LARGE)
  const { headers, method = 'GET', url: path = '/' } = incoming
  const checked = await options.check({ headers, method, path, body })
  if (checked.kind === 'refused') return write(outgoing, checked.answer)
  const passed = await intercept(checked.call, options.interceptors)
  if (passed.kind === 'answer') return write(outgoing, passed.answer)
  const { service, body: sent } = passed.call
  const to = new URL(path, options.engines[service])
  const onward = { url: to, method, headers: headersOf(incoming, to.host, sent, passed.headers), body: sent }
  forward(passed.answer === undefined ? onward : { ...onward, change: passed.answer }, outgoing)
}

const plain = (status: number, text: string): EngineAnswer => ({
  status,
  headers: { 'content-type': 'application/json', 'content-length': String(text.length) },
  body: Buffer.from(text),
})
const FOREIGN = plain(403, FOREIGN_HOST)
const TOO_LARGE = plain(413, '{"message":"too large"}')

/** The headers of the request, without those that belong to one connection. */
function headersOf(incoming: IncomingMessage, host: string, body: Buffer, more: Record<string, string>): string[] {
  const kept: string[] = []
  const replaced = new Set([...OF_A_CONNECTION, ...Object.keys(more).map((name) => name.toLowerCase())])
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [incoming.rawHeaders[i], incoming.rawHeaders[i + 1]]
    if (!replaced.has(name.toLowerCase())) kept.push(name, value)
  }
  const length = body.length > 0 || 'content-length' in incoming.headers ? ['content-length', String(body.length)] : []
  return [...kept, 'host', host, ...length, ...Object.entries(more).flat()]
}
const OF_A_CONNECTION = ['host', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'expect']
