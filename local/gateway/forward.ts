import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { errnoOf, errorText } from '../support/user-error.ts'
import type { EngineAnswer } from './call.ts'

/** What goes to the engine. */
interface Onward {
  url: URL
  method: string
  headers: string[]
  body: Buffer
  /** Replaces the engine's whole answer. */
  change?: (answer: EngineAnswer) => Promise<EngineAnswer>
}

/**
 * Sends a request to the engine and its answer back, as if the caller were connected to the engine itself. Whoever
 * stands behind may be faulty on purpose, so what happens on one side happens on the other: a reset is a reset, an
 * answer that is cut off is cut off at the same byte, silence stays silence, and a caller that hangs up hangs up there.
 * A refused connection becomes a reset, which is as close as an accepted connection can come to it.
 */
export function forward(onward: Onward, outgoing: ServerResponse): void {
  const caller = outgoing.socket
  if (caller === null) return
  const { url, method, headers, body, change } = onward
  const upstream = request(url, { method, headers, agent: agentOf(caller) })
  upstream.on('socket', (socket) => pair(socket, caller))
  upstream.on('error', (error) => cut(caller, error))
  upstream.on('response', (answer) => {
    answer.on('error', (error) => cut(caller, error))
    if (change === undefined) stream(answer, outgoing)
    else
      collect(answer)
        .then(change)
        .then(
          (changed) => write(outgoing, changed),
          (error) => cut(caller, error),
        )
  })
  outgoing.on('close', () => {
    if (!outgoing.writableFinished) upstream.destroy()
  })
  upstream.end(body)
}

export function write(outgoing: ServerResponse, { status, headers, body }: EngineAnswer): void {
  outgoing.writeHead(status, headers).end(body)
}

function stream(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.sendDate = false
  outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders)
  outgoing.flushHeaders()
  answer.pipe(outgoing)
}

async function collect(answer: IncomingMessage): Promise<EngineAnswer> {
  const body = Buffer.concat(await answer.toArray())
  const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
    value === undefined || OF_THE_BYTES.includes(name) ? [] : [[name, String(value)] as const],
  )
  return { status: answer.statusCode ?? 502, headers: Object.fromEntries(headers), body }
}
/** Headers that describe the bytes on the wire, which a change may change. */
const OF_THE_BYTES = ['content-length', 'transfer-encoding', 'x-amz-crc32']

/** The engine closed the connection in good order, or not: so does this side. */
function cut(caller: Socket, error: unknown): void {
  if (errorText(error) === 'socket hang up' || (errnoOf(error) === 'ECONNRESET' && errorText(error) === 'aborted'))
    caller.destroy()
  else caller.resetAndDestroy()
}

/**
 * Each connection of a caller has one of its own to the engine, kept alive as long. With a common pool a request on a
 * new connection could be given one that the engine is just closing, and would fail as it never could by itself.
 */
const agents = new WeakMap<Socket, Agent>()
function agentOf(caller: Socket): Agent {
  const found = agents.get(caller)
  if (found !== undefined) return found
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  agents.set(caller, agent)
  caller.once('close', () => agent.destroy())
  return agent
}

const paired = new WeakSet<Socket>()
/** The engine ends a connection that is idle: the caller's ends too. One that is in use ends by its error. */
function pair(socket: Socket, caller: Socket): void {
  if (paired.has(socket)) return
  paired.add(socket)
  socket.once('close', () => caller.end())
}
