import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { errnoOf, errorText } from '../support/user-error.ts'
import type { EngineAnswer } from './call.ts'

/** The request that is sent to the engine. */
interface Onward {
  url: URL
  method: string
  headers: string[]
  body: Buffer
  /** Replaces the engine's complete answer. */
  change?: (answer: EngineAnswer) => Promise<EngineAnswer>
}

/**
 * Sends a request to the engine and its answer back, as if the caller were connected to the engine itself. The program
 * behind may be faulty on purpose, so what happens on one side happens on the other: a reset becomes a reset, an answer
 * that is cut off is cut off at the same byte, silence stays silence, and when the caller closes the connection, the
 * other one is closed. A refused connection becomes a reset, the closest that an accepted connection can come to it.
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
/** Headers that describe the bytes of the body, and must be replaced together with the body. */
const OF_THE_BYTES = ['content-length', 'transfer-encoding', 'x-amz-crc32']

/** Ends the caller's connection in the way in which the engine ended its own: in good order or with a reset. */
function cut(caller: Socket, error: unknown): void {
  if (errorText(error) === 'socket hang up' || (errnoOf(error) === 'ECONNRESET' && errorText(error) === 'aborted'))
    caller.destroy()
  else caller.resetAndDestroy()
}

/**
 * Each connection of a caller has its own connection to the engine, kept alive for the same time. With a shared pool, a
 * request on a new connection could get a connection that the engine is just closing, and would fail although a direct
 * request could not.
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
/**
 * When the engine closes an idle connection, the caller's connection is closed too. A connection in use ends by its
 * error.
 */
function pair(socket: Socket, caller: Socket): void {
  if (paired.has(socket)) return
  paired.add(socket)
  socket.once('close', () => caller.end())
}
