import type { LambdaFunctionURLEvent } from 'aws-lambda'
import { expect, it } from 'vitest'
import { healthRequestOf, urlResultOf } from '../../functions/health/function-url.ts'

const own = { accountId: 'anonymous', apiId: 'a', domainName: 'a.example', domainPrefix: 'a', requestId: 'r1' }
const http = {
  method: 'POST',
  path: '/health/deep',
  protocol: 'HTTP/1.1',
  sourceIp: '203.0.113.7',
  userAgent: 'curl/8',
}
const when = { time: '12/Mar/2026:19:03:58 +0000', timeEpoch: 1_773_342_238_000 }

const event = (
  changes: Partial<LambdaFunctionURLEvent> = {},
  of: Partial<typeof http> = {},
): LambdaFunctionURLEvent => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: '/health/deep',
  rawQueryString: '',
  headers: { accept: 'text/plain' },
  requestContext: { ...own, ...when, routeKey: '$default', stage: '$default', http: { ...http, ...of } },
  isBase64Encoded: false,
  ...changes,
})

it.each([
  ['no body', {}, ''],
  ['text', { body: '{"paid":"ä"}' }, '{"paid":"ä"}'],
  ['base64, as every type but text is passed', { body: 'eyJwYWlkIjoiw6QifQ==', isBase64Encoded: true }, '{"paid":"ä"}'],
])('the body of a function URL’s event is read as it was sent: %s', (_, changes, body) => {
  expect(healthRequestOf(event(changes))).toEqual({
    method: 'POST',
    path: '/health/deep',
    headers: { accept: 'text/plain' },
    body,
    caller: '203.0.113.7 curl/8',
  })
})

it('a caller who names a long or unprintable program is shown with at most 200 printable characters', () => {
  const { caller } = healthRequestOf(event({}, { userAgent: `a\u001b[31m\n${'x'.repeat(900)}` }))
  expect(caller).toMatch(/^203\.0\.113\.7 a\[31mx+$/)
  expect(caller).toHaveLength(200)
})

it('a caller who names no program is shown by the address, and one without an address by nothing', () => {
  expect(healthRequestOf(event({}, { userAgent: '' })).caller).toBe('203.0.113.7')
  const { userAgent: _, sourceIp: __, ...bare } = http
  const from = (of: object): string =>
    healthRequestOf(JSON.parse(JSON.stringify({ ...event(), requestContext: { http: of } }))).caller
  expect(from(bare)).toBe('')
  expect(from({ ...bare, userAgent: 'curl/8' })).toBe('curl/8')
})

it('an answer is returned with its code, its headers and its body as text', () => {
  const headers = { 'Content-Type': 'text/plain' }
  const result = urlResultOf({ status: 503, headers, body: '[-]ready unknown' })
  expect(result).toEqual({ statusCode: 503, headers, body: '[-]ready unknown', isBase64Encoded: false })
})
