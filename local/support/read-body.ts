import type { IncomingMessage } from 'node:http'

/** The whole body of a request; undefined if it is larger than `mostBytes`. */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  if (!announcesBody(request)) return NO_BODY
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size > mostBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** A request with neither header has no body (RFC 9112, 6.3), so that nothing has to be awaited. */
const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
const NO_BODY = Buffer.alloc(0)
