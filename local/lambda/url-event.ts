import type { IncomingMessage } from 'node:http'
import { requestedUrl } from '../support/requested-url.ts'

/** A request as a function URL passes it to the function (payload format 2.0). */
export function urlEvent(request: IncomingMessage, body: Buffer, requestId: string, now: number) {
  const url = requestedUrl(request)
  const host = request.headers.host ?? '127.0.0.1'
  const { cookie, ...headers } = flat(request)
  const isText = TEXT.test(headers['content-type'] ?? '')
  const query = [...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name).join(',')])
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
      time: new Date(now).toUTCString(),
      timeEpoch: now,
    },
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  }
}

/** Content types that are passed as text. All others, including forms, are passed as base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript)|application\/[\w.-]+\+(json|xml))/i

const flat = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  )
