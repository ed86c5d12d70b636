import type { ServerResponse } from 'node:http'
import type { Random } from '../support/random.ts'
import { HTML_PAGE, hugeBody } from './encode-answer.ts'
import type { AnswerFault } from './faults.ts'

const RESET_AFTER_MS = 20

/** Faults that prevent the request from being processed, so that nothing is charged. All others process it first. */
type Untouched = Exclude<AnswerFault, { kind: 'lose' | 'code' }>
export const preventsProcessing = (fault: AnswerFault): fault is Untouched =>
  fault.kind !== 'lose' && fault.kind !== 'code'

/** What such a fault does in place of an answer. */
export async function writeFault(
  fault: Untouched,
  response: ServerResponse,
  json: boolean,
  chance: Random,
): Promise<void> {
  switch (fault.kind) {
    case 'http':
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter)
      if (fault.status < 400) response.setHeader('location', '/elsewhere')
      return end(response, fault.status, 'text/html', HTML_PAGE)
    case 'html':
      return end(response, 200, 'text/html', HTML_PAGE)
    case 'garbage':
      return end(response, 200, 'application/json', garbage(chance))
    case 'empty':
      return end(response, 200, 'application/json', '')
    case 'huge':
      return end(response, 200, 'application/json', hugeBody(json))
    case 'hang':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
  }
}

/** The work is done and its answer does not arrive. */
export async function loseAnswer(
  { by, status }: Pick<Extract<AnswerFault, { kind: 'lose' }>, 'by' | 'status'>,
  response: ServerResponse,
  body: string,
  chance: Random,
): Promise<void> {
  switch (by) {
    case 'hang':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      response.write(body.slice(0, body.length / 2))
      await sleep(RESET_AFTER_MS)
      response.socket?.destroy()
      return
    case 'garbage':
      return end(response, 200, 'application/json', garbage(chance))
    case 'html':
      return end(response, 200, 'text/html', HTML_PAGE)
    case 'empty':
      return end(response, 200, 'application/json', '')
    case 'http':
      return end(response, status, 'text/html', HTML_PAGE)
  }
}

export function end(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  if (response.destroyed) return
  response.writeHead(status, { 'content-type': type })
  response.end(body)
}

const garbage = (random: Random): Buffer =>
  Buffer.from(Array.from({ length: 300 }, () => Math.floor(random.next() * 256)))
export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
