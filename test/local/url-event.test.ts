import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { urlEvent } from '../../local/lambda/url-event.ts'
import { NOON } from '../../sim/memory/clock.ts'

function requestOf(more: { url?: string; method?: string; headers?: IncomingMessage['headers'] }): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  Object.assign(request, { method: 'GET', httpVersion: '1.1', ...more })
  // Node's own getter makes the headers of what was received; here nothing was.
  Object.defineProperty(request, 'headers', { value: more.headers ?? {} })
  return request
}
const eventOf = (more: Parameters<typeof requestOf>[0], body = Buffer.of(), now = NOON) =>
  urlEvent(requestOf(more), body, 'request-1', now)

it('a function URL passes on the whole request in payload format 2.0, with nothing left out and nothing added', () => {
  const headers = {
    ...{ host: 'localhost:8080', cookie: 'one=1; two=2', 'user-agent': 'curl', 'x-many': '1, 2' },
    ...{ 'set-cookie': ['a', 'b'], 'content-type': 'application/json' },
  }
  const request = { url: '/pingback/a%20b/?id=7&code=x%26y&id=8&empty=', method: 'POST', headers }
  expect(eventOf(request, Buffer.from('{"ü":1}'), NOON + 999)).toEqual({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/pingback/a%20b/',
    rawQueryString: 'id=7&code=x%26y&id=8&empty=',
    cookies: ['one=1', 'two=2'],
    headers: {
      ...{ host: 'localhost:8080', 'user-agent': 'curl', 'x-many': '1, 2', 'set-cookie': 'a,b' },
      'content-type': 'application/json',
    },
    queryStringParameters: { id: '7,8', code: 'x&y', empty: '' },
    requestContext: {
      accountId: 'anonymous',
      apiId: 'local',
      domainName: 'localhost:8080',
      domainPrefix: 'local',
      http: { method: 'POST', path: '/pingback/a%20b/', protocol: 'HTTP/1.1', sourceIp: '', userAgent: 'curl' },
      requestId: 'request-1',
      routeKey: '$default',
      stage: '$default',
      time: '21/Nov/2026:12:00:00 +0000',
      timeEpoch: NOON + 999,
    },
    body: '{"ü":1}',
    isBase64Encoded: false,
  })
})

it('a request without query, cookies and body has no such fields', () => {
  const event = eventOf({ url: '/health?' })
  expect(Object.keys(event).filter((name) => /body|cookies|query/i.test(name))).toEqual(['rawQueryString'])
  expect([event.rawQueryString, event.isBase64Encoded]).toEqual(['', false])
  expect(event.requestContext.domainName).toBe('127.0.0.1')
})

it.each([
  ['application/json; charset=utf-8', false],
  ['APPLICATION/JSON', false],
  ['application/problem+json', false],
  ['application/soap+xml', false],
  ['application/xml', false],
  ['application/javascript', false],
  ['text/csv', false],
  ['application/x-www-form-urlencoded', true],
  ['application/octet-stream', true],
  ['image/png', true],
  ['x-text/plain', true],
  [undefined, true],
])('a body of the type %s is base64: %s', (type, isBase64) => {
  const headers = type === undefined ? {} : { 'content-type': type }
  const event = eventOf({ headers }, Buffer.from('ü'))
  expect(event).toMatchObject({ body: isBase64 ? 'w7w=' : 'ü', isBase64Encoded: isBase64 })
})

it('the time of a request is that of its own second', () => {
  const timeAt = (ms: number) => eventOf({}, Buffer.of(), NOON + ms).requestContext.time
  const texts = ['00', '00', '01', '01', '00'].map((second) => `21/Nov/2026:12:00:${second} +0000`)
  expect([0, 999, 1000, 1500, 0].map(timeAt)).toEqual(texts)
})
