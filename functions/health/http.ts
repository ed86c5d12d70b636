export interface HealthRequest {
  method: string
  /** The path without the query. */
  path: string
  /** The headers, with names in lower case. */
  headers: Record<string, string | undefined>
}

export interface HealthResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/** `head`: the answer has the same headers, including the length, and no body. */
export function respond(status: number, headers: Record<string, string>, body: object, head: boolean): HealthResponse {
  const text = JSON.stringify(body)
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(text)),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    },
    body: head ? '' : text,
  }
}
