import { createServer } from 'node:http'
import { onTestFinished, vi } from 'vitest'
import { listen } from '../provider/sockets.ts'

interface Asked {
  operation: string
  body: Record<string, unknown>
}
interface Reply {
  status?: number
  headers?: Record<string, string>
  body?: object
}

/** A server on loopback in the place of AWS until the test is over. It keeps what it is asked and answers as it is told. */
export async function loopbackAws(answer: (asked: Asked) => Reply = () => ({})) {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString()
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? ''
    const one: Asked = { operation, body: JSON.parse(text || '{}') }
    asked.push(one)
    const { status = 200, headers = {}, body = {} } = answer(one)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers })
    response.end(JSON.stringify(body))
  })
  const url = `http://127.0.0.1:${await listen(server)}`
  vi.stubEnv('AWS_ENDPOINT_URL', url)
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  return { url, asked }
}
