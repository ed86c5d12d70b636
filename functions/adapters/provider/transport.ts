import { type ClientRequest, type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import type { Socket } from 'node:net'
import type { TransportCode } from '../../core/provider/transport-codes.ts'
import type { ConnectionPool } from './connection-pool.ts'

/**
 * One HTTP request that knows whether its bytes may have been sent. It is built on node:http and not on fetch or
 * undici, because only node:http can hold the request back until the connection (and TLS) is ready. A failure before
 * that point proves that nothing was sent; a failure after it proves nothing. node:http also adds nothing to the
 * bundles (undici, minified: 536 kB).
 */
export type HttpReply =
  /** No byte of the request was handed to the network. */
  | { kind: 'notSent'; code: TransportCode }
  /** The request was or may have been sent, and no status came back. */
  | { kind: 'noResponse'; code: TransportCode }
  /** `body` is null if it was cut off, too large or not text; `bodyError` says which. */
  | { kind: 'answered'; status: number; retryAfter: string | undefined; body: string; bodyError: null }
  | { kind: 'answered'; status: number; retryAfter: string | undefined; body: null; bodyError: TransportCode }

interface ProviderRequest {
  url: URL
  method: 'GET' | 'POST'
  /** Form-encoded; POST only. */
  form?: URLSearchParams
  /** The limit for everything, from resolving the name to the last byte of the answer. */
  timeoutMs: number
}

export const MOST_BODY_BYTES = 64 * 1024
const MOST_CONNECT_MS = 3_000

/** Never rejects, never follows a redirect, and never reads past the size limit. */
export function sendRequest(
  pool: ConnectionPool,
  { url, method, form, timeoutMs }: ProviderRequest,
): Promise<HttpReply> {
  pool.prune()
  const secure = url.protocol === 'https:'
  const body = form?.toString()
  const headers = { accept: 'application/json', ...(body !== undefined && formHeaders(body)) }

  return new Promise((resolve) => {
    let sent = false
    let answer: IncomingMessage | null = null
    let settled = false
    const request: ClientRequest = (secure ? requestSecure : requestPlain)(url, {
      method,
      headers,
      agent: pool.agent(secure),
    })

    const settle = (reply: HttpReply) => {
      if (settled) return
      settled = true
      clearTimeout(connecting)
      clearTimeout(waiting)
      resolve(reply)
      if (reply.kind !== 'answered' || reply.body === null) request.destroy()
    }
    /**
     * For failures before an answer began. After that, only reading the body (or the time-out) shows whether it arrived
     * whole.
     */
    const fail = (code: TransportCode) => {
      if (answer === null) settle({ kind: sent ? 'noResponse' : 'notSent', code })
    }
    const giveUp = () => (answer === null ? fail('TIMEOUT') : settle(flawed(answer, 'TIMEOUT')))
    const connecting = setTimeout(() => fail('CONNECT_TIMEOUT'), Math.min(MOST_CONNECT_MS, timeoutMs / 2))
    const waiting = setTimeout(giveUp, timeoutMs)

    const send = () => {
      if (settled) return
      clearTimeout(connecting)
      sent = true
      request.end(body)
    }
    request.once('socket', (socket) => onceUp(socket, secure, send))
    request.on('error', (error) => fail(sent ? brokenCode(error) : connectCode(error, secure)))
    // `close` may come before the last byte of a complete answer was read.
    request.once('close', () => fail('RESET'))
    request.once('response', (response) => {
      answer = response
      readText(response).then(settle, () => settle(flawed(response, 'CUT')))
    })
  })
}

const formHeaders = (body: string) => ({
  'content-type': 'application/x-www-form-urlencoded',
  'content-length': Buffer.byteLength(body),
})

const established = new WeakSet<Socket>()

/** Runs `send` when the connection (and TLS) is ready, or at once if the connection is reused. */
function onceUp(socket: Socket, secure: boolean, send: () => void): void {
  if (established.has(socket)) {
    send()
    return
  }
  socket.once(secure ? 'secureConnect' : 'connect', () => {
    established.add(socket)
    send()
  })
}

const flawed = ({ statusCode = 0, headers }: IncomingMessage, bodyError: TransportCode): HttpReply => ({
  kind: 'answered',
  status: statusCode,
  retryAfter: headers['retry-after'],
  body: null,
  bodyError,
})

/** The whole body as text. Rejects if the body is cut off. */
async function readText(response: IncomingMessage): Promise<HttpReply> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    bytes += chunk.length
    if (bytes > MOST_BODY_BYTES) return flawed(response, 'BODY_TOO_LARGE')
    chunks.push(chunk)
  }
  try {
    const body = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return {
      kind: 'answered',
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'],
      body,
      bodyError: null,
    }
  } catch {
    return flawed(response, 'UNREADABLE')
  }
}

const CONNECT_CODES: Record<string, TransportCode> = {
  ENOTFOUND: 'DNS',
  EAI_AGAIN: 'DNS',
  ECONNREFUSED: 'REFUSED',
  EHOSTUNREACH: 'UNREACHABLE',
  ENETUNREACH: 'UNREACHABLE',
  EADDRNOTAVAIL: 'UNREACHABLE',
  ETIMEDOUT: 'CONNECT_TIMEOUT',
}
const errnoOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '')

/** The failure before anything was sent. The error's own text is dropped, because it can contain the URL. */
const connectCode = (error: Error, secure: boolean): TransportCode =>
  CONNECT_CODES[errnoOf(error)] ?? (secure ? 'TLS' : 'RESET')

/** An answer that is not HTTP is unreadable. Every other error means that the connection broke. */
const brokenCode = (error: Error): TransportCode => (errnoOf(error).startsWith('HPE_') ? 'UNREADABLE' : 'RESET')
