import { type Encoded, jsonText } from './formats.ts'
import type { ErrorBody } from './schemas/error-body.ts'

export interface HealthRequest {
  method: string
  /** The path without the query. */
  path: string
  /** The headers, with names in lower case. */
  headers: Record<string, string | undefined>
  body: string
  /** Who asks, as far as the request tells: at most 200 printable characters. */
  caller: string
}

export interface HealthResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/** `head`: the answer has the same headers, including the length, and no body. */
export function respond(
  status: number,
  headers: Record<string, string>,
  { contentType, text, headers: own = {} }: Encoded,
  head: boolean,
): HealthResponse {
  return {
    status,
    headers: {
      'Content-Type': contentType,
      'Content-Length': String(Buffer.byteLength(text)),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...own,
      ...headers,
    },
    body: head ? '' : text,
  }
}

/** An answer that is no view's, always in JSON. */
export const refuse = (
  status: number,
  error: ErrorBody['error'],
  { head = false, headers = {} }: { head?: boolean; headers?: Record<string, string> } = {},
): HealthResponse => respond(status, headers, jsonText({ error }), head)
