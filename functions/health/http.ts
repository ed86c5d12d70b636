export interface HealthRequest {
  method: string
  /** Without the query. */
  path: string
  /** Names in lower case. */
  headers: Record<string, string | undefined>
}

export interface HealthResponse {
  status: number
  headers: Record<string, string>
  body: string
}

/** `head`: the same headers, the length included, and no body. */
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
