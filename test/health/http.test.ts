import { expect, it } from 'vitest'
import { refuse, respond } from '../../functions/health/http.ts'

const GENERAL = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }

it.each([
  [false, 'é🙂'],
  [true, ''],
])('an answer is as long as its bytes, is stored by nobody, and to HEAD (%s) the same without a body', (head, body) => {
  const encoded = { contentType: 'text/plain', text: 'é🙂', headers: { 'Cache-Control': 'max-age=5', A: '1', B: '1' } }
  expect(respond(503, { B: '2' }, encoded, head)).toEqual({
    status: 503,
    headers: {
      ...GENERAL,
      'Content-Type': 'text/plain',
      'Content-Length': '6',
      'Cache-Control': 'max-age=5',
      A: '1',
      B: '2',
    },
    body,
  })
})

it('a refusal is told in JSON, and to HEAD without a body', () => {
  const headers = { ...GENERAL, 'Content-Type': 'application/json', 'Content-Length': '21', Allow: 'GET' }
  const body = '{"error":"not_found"}'
  expect(refuse(404, 'not_found', { headers: { Allow: 'GET' } })).toEqual({ status: 404, headers, body })
  const { Allow: _, ...others } = headers
  expect(refuse(404, 'not_found', { head: true })).toEqual({ status: 404, headers: others, body: '' })
})
