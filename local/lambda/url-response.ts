import { array, boolean, looseObject, number, optional, record, safeParse, string, union } from 'zod/mini'

export interface HttpAnswer {
  status: number
  headers: Record<string, string | string[]>
  body: string | Buffer
}

const Structured = looseObject({
  statusCode: number(),
  headers: optional(record(string(), union([string(), number(), boolean()]))),
  cookies: optional(array(string())),
  body: optional(string()),
  isBase64Encoded: optional(boolean()),
})

/**
 * The HTTP answer that a function URL makes of a function's result: a result with a `statusCode` is used as it is, any
 * other becomes JSON.
 */
export function httpAnswer(payload: string): HttpAnswer {
  const value: unknown = JSON.parse(payload)
  const structured = safeParse(Structured, value)
  if (!structured.success) return json(200, typeof value === 'string' ? value : payload)
  const { statusCode, headers = {}, cookies, body = '', isBase64Encoded } = structured.data
  const named = Object.entries(headers).map(([name, text]) => [name.toLowerCase(), String(text)])
  return {
    status: statusCode,
    headers: {
      'content-type': 'application/json',
      ...Object.fromEntries(named),
      ...(cookies === undefined ? {} : { 'set-cookie': cookies }),
    },
    body: isBase64Encoded === true ? Buffer.from(body, 'base64') : body,
  }
}

export const json = (status: number, body: string): HttpAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body,
})
