/**
 * Sends one text of the size of `/health/ready` with its headers, whatever is asked: what an answer costs any server
 * that stands on Node's HTTP.
 */
import { createServer } from 'node:http'

const text = JSON.stringify({ status: 'ready', rest: '.'.repeat(551) })
const headers = {
  'Content-Type': 'application/json',
  'Content-Length': String(Buffer.byteLength(text)),
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'X-Health-Status': 'ready',
  'X-Service-Mode': 'normal',
  'X-Health-Time': '2026-03-12T19:03:58.000Z',
}

const server = createServer((_request, response) => {
  response.writeHead(200, headers).end(text)
})
server.listen(0, '127.0.0.1', () => console.log(`ready: http://127.0.0.1:${server.address().port}`))
