import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { FunctionName } from '../../functions/contract/functions.ts'
import { readBody } from '../support/read-body.ts'
import type { FunctionPool } from './function-pool.ts'
import { urlEvent } from './url-event.ts'
import { type HttpAnswer, httpAnswer, json } from './url-response.ts'

/** Lambda's limit for the body of a request. */
const LARGEST_BODY = 6 * 1024 * 1024

/**
 * Serves every function URL on one port. In the cloud each has its own host; here `/pingback/..` belongs to pingback
 * and every other path to health. Until `serve` is called, each request is answered with 503.
 */
export function makeFunctionUrls(): {
  server: Server
  serve(pools: Partial<Record<FunctionName, FunctionPool>>): void
} {
  let pools: Partial<Record<FunctionName, FunctionPool>> = {}
  const server = createServer((request, response) => {
    answerTo(request, pools).then(
      (answer) => write(request, response, answer),
      () => response.destroy(),
    )
  })
  return {
    server,
    serve(ready) {
      pools = ready
    },
  }
}

async function answerTo(
  request: IncomingMessage,
  pools: Partial<Record<FunctionName, FunctionPool>>,
): Promise<HttpAnswer> {
  const body = await readBody(request, LARGEST_BODY)
  if (body === undefined) return json(413, '{"Message":"Request Entity Too Large"}')
  const isPingback = /^\/pingback(\/|$|\?)/.test(request.url ?? '')
  const pool = (isPingback ? pools.pingback : undefined) ?? pools.health
  if (pool === undefined) return { ...json(503, '{"Message":"starting"}'), ...startingHeaders }
  const ended = await pool.invoke(urlEvent(request, body, randomUUID(), Date.now()))
  if (ended.kind === 'returned') return httpAnswer(ended.payload)
  return ended.kind === 'refused' ? json(429, '{"Message":"Too Many Requests"}') : json(502, 'Internal Server Error')
}

const startingHeaders = {
  headers: { 'content-type': 'application/json', 'retry-after': '2', 'cache-control': 'no-store' },
}

function write(request: IncomingMessage, response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  // A function may answer HEAD without a body and with the length that GET would have.
  const isHead = request.method === 'HEAD'
  const declared = headers['content-length']
  const length = isHead && typeof declared === 'string' ? declared : Buffer.byteLength(body)
  response.writeHead(status, { ...headers, 'content-length': length })
  response.end(isHead ? undefined : body)
}
