export interface HttpAnswer {
  status: number
  headers: Record<string, string | string[]>
  body: string | Buffer
}

type HeaderValue = string | number | boolean
/** A result that says itself what the answer is. */
interface Structured {
  statusCode: number
  headers?: Record<string, HeaderValue>
  cookies?: string[]
  body?: string
  isBase64Encoded?: boolean
}

/**
 * The HTTP answer that a function URL makes of a function's result: a result with a `statusCode` is used as it is, any
 * other becomes JSON.
 */
export function httpAnswer(payload: string): HttpAnswer {
  const value: unknown = JSON.parse(payload)
  if (!isStructured(value)) return json(200, typeof value === 'string' ? value : payload)
  const { statusCode, headers: given = {}, cookies, body = '', isBase64Encoded } = value
  const headers: HttpAnswer['headers'] = { 'content-type': 'application/json' }
  for (const name in given) headers[name.toLowerCase()] = String(given[name])
  if (cookies !== undefined) headers['set-cookie'] = cookies
  return { status: statusCode, headers, body: isBase64Encoded === true ? Buffer.from(body, 'base64') : body }
}

export const json = (status: number, body: string): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body,
})

/** Written by hand: a schema takes ten times as long as reading the JSON, and every answer passes here. */
function isStructured(value: unknown): value is Structured {
  if (!isObject(value)) return false
  const { statusCode, headers, cookies, body, isBase64Encoded } = value
  return (
    typeof statusCode === 'number' &&
    (headers === undefined || (isObject(headers) && Object.values(headers).every(isHeaderValue))) &&
    (cookies === undefined || (Array.isArray(cookies) && cookies.every((cookie) => typeof cookie === 'string'))) &&
    (body === undefined || typeof body === 'string') &&
    (isBase64Encoded === undefined || typeof isBase64Encoded === 'boolean')
  )
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isHeaderValue = (value: unknown): value is HeaderValue =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
