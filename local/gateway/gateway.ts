import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { closeServer, listen, type Place, urlOf } from '../ports.ts'
import { readBody } from '../read-body.ts'
import { accessOf, inputOf, type Known, operationOf } from './access.ts'
import type { Authorizer } from './authorizer.ts'
import type { Access, Call, Caller, Service } from './call.ts'
import { forward, write } from './forward.ts'
import { type Interceptor, intercept } from './interceptor.ts'
import { INVALID_TOKEN, refusal } from './refusals.ts'
import { signedBy } from './sign.ts'

export interface GatewayOptions {
  /** Who speaks, by access key id. */
  callers: ReadonlyMap<string, Caller>
  /** Where the engine of each service is. */
  engines: Readonly<Record<Service, string>>
  authorizer: Authorizer
  known: Known
  interceptors: readonly Interceptor[]
  onDenied: (caller: Caller, access: Access, message: string) => void
  onUsed: (caller: Caller, rights: readonly string[]) => void
}

export interface Gateway {
  url: string
  stop(): Promise<void>
}

/** More than any engine takes in one request. */
const LARGEST_BODY = 32 * 1024 * 1024
const PLACE: Place = { what: 'gateway', port: 0, variable: '' }

/**
 * Stands between the functions and the engines, on a free port of loopback. It knows each function by its credentials
 * of this run, lets a request through that the function's role in the template allows, and answers the others as AWS
 * does. What it lets through reaches the engine unchanged, and so does the answer the caller.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0, noDelay: true })
  server.on('request', (incoming, outgoing) => {
    serve(options, incoming, outgoing).catch(() => outgoing.destroy())
  })
  const port = await listen(server, PLACE)
  return { url: urlOf(port), stop: () => closeServer(server, 500) }
}

async function serve(options: GatewayOptions, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const body = await readBody(incoming, LARGEST_BODY)
  if (body === undefined) return write(outgoing, { status: 413, headers: { 'content-length': '0' }, body: Buffer.of() })
  const { headers, method = 'GET', url: path = '/' } = incoming
  const signed = signedBy(headers)
  const service = signed?.service
  if (signed === undefined || service === undefined)
    return write(outgoing, refusal(service ?? 'dynamodb', 'unsigned', 'Request is missing Authentication Token'))
  const caller = options.callers.get(signed.accessKeyId)
  if (caller === undefined) return write(outgoing, refusal(service, 'unknownCaller', INVALID_TOKEN))
  const input = inputOf(body, headers['content-encoding'])
  if (input === undefined) return write(outgoing, refusal(service, 'unreadable', 'the body is no JSON object'))
  const operation = operationOf({ service, headers, method, path })
  const call: Call = { caller, service, operation, method, path, headers, body, input }

  const denied = await checkAll(options, call)
  if (denied !== undefined) return write(outgoing, refusal(service, 'denied', denied))
  const passed = await intercept(call, options.interceptors)
  if (passed.kind === 'answer') return write(outgoing, passed.answer)
  const to = new URL(path, options.engines[service])
  const sent = headersOf(incoming, to.host, passed.call.body, passed.headers)
  const onward = { url: to, method, headers: sent, body: passed.call.body }
  forward(passed.answer === undefined ? onward : { ...onward, change: passed.answer }, outgoing)
}

/** The message of the first refusal; undefined where everything is allowed. */
async function checkAll({ authorizer, known, onDenied, onUsed }: GatewayOptions, call: Call) {
  for (const access of accessOf(call, known)) {
    const decision = await authorizer.check(call.caller, access)
    if (decision.kind === 'denied') {
      onDenied(call.caller, access, decision.message)
      return decision.message
    }
    onUsed(call.caller, decision.rights)
  }
  return undefined
}

/** As they came, except for what belongs to one connection. */
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
