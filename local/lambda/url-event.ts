import type { IncomingMessage } from 'node:http'
import { requestedUrl } from '../support/requested-url.ts'

/** A request as a function URL passes it to the function (payload format 2.0). */
export function urlEvent(request: IncomingMessage, body: Buffer, requestId: string, now: number) {
  const url = requestedUrl(request)
  const host = request.headers.host ?? '127.0.0.1'
  const headers = flat(request)
  const { cookie } = request.headers
  const isText = TEXT.test(headers['content-type'] ?? '')
  const query = url.search === '' ? [] : queryOf(url)
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(cookie === undefined ? {} : { cookies: cookie.split('; ') }),
    headers,
    ...(query.length === 0 ? {} : { queryStringParameters: Object.fromEntries(query) }),
    requestContext: {
      accountId: 'anonymous',
      apiId: 'local',
      domainName: host,
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path: url.pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId,
      routeKey: '$default',
      stage: '$default',
      time: textOfSecond(now),
      timeEpoch: now,
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  }
}

/** All requests of a second share its text, `12/Mar/2026:19:03:58 +0000`. */
let shown = { second: Number.NaN, text: '' }
function textOfSecond(now: number): string {
  const second = Math.floor(now / 1000)
  if (shown.second === second) return shown.text
  const [, day, month, year, time] = new Date(now).toUTCString().split(' ')
  shown = { second, text: `${day}/${month}/${year}:${time} +0000` }
  return shown.text
}

/** Content types that are passed as text. All others, including forms, are passed as base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript)|application\/[\w.-]+\+(json|xml))/i

/** A parameter that is given several times has all its values, with commas between them. */
const queryOf = ({ searchParams }: URL): [name: string, value: string][] =>
  [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name).join(',')])

/** Every header as one text. A function URL passes cookies apart. */
function flat({ headers }: IncomingMessage): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name] ?? ''
    if (name !== 'cookie') texts[name] = Array.isArray(value) ? value.join(',') : value
  }
  return texts
}
