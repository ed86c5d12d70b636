import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { later, until } from '../bundles.ts'
import { allow, CREDENTIALS, gatewayBefore } from './gateway-before.ts'

const BODY = '{"TableName":"things","Key":{"pk":{"S":"a"}}}'
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'

/** An engine of bare bytes, which does this with each request; and one open connection to the gateway before it. */
async function wired(act: (engine: Socket, nth: number) => void) {
  const engines: Socket[] = []
  let requests = 0
  const server = createServer((socket) => {
    engines.push(socket)
    socket.on('error', () => {})
    socket.on('data', () => {
      requests += 1
      act(socket, requests)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  later(() => {
    for (const socket of engines) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { url } = await gatewayBefore(`http://127.0.0.1:${port}`, [allow('dynamodb:*', '*')])
  const { host } = new URL(url)
  const caller = connect(Number(new URL(url).port), '127.0.0.1')
  later(() => caller.destroy())
  const seen = { text: '', ends: [] as string[] }
  caller.on('data', (part) => {
    seen.text += part
  })
  caller.on('end', () => seen.ends.push('end'))
  caller.on('error', (error) => seen.ends.push('code' in error ? String(error.code) : error.message))
  await once(caller, 'connect')
  const ask = () =>
    caller.write(
      [
        ...[
          'POST / HTTP/1.1',
          `Host: ${host}`,
          'X-Amz-Target: DynamoDB_20120810.GetItem',
          `Content-Length: ${BODY.length}`,
        ],
        `Authorization: AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/20261101/us-east-1/dynamodb/aws4_request, Signature=0`,
        ...['', BODY],
      ].join('\r\n'),
    )
  const closed = () => new Promise((resolve) => caller.once('close', resolve))
  return { ask, seen, closed, engines, caller, requests: () => requests }
}

describe('on the wire between a function and a faulty engine', () => {
  it('an answer that ends too early ends so, and one that is reset is reset, after the same bytes', async () => {
    const early = await wired((engine) => engine.end(`${HEAD}{"`))
    const ended = early.closed()
    early.ask()
    await ended
    expect([early.seen.text.endsWith('\r\n\r\n{"'), early.seen.ends]).toEqual([true, ['end']])
    const reset = await wired((engine) => {
      engine.write(`${HEAD}{"`, () => setTimeout(() => engine.resetAndDestroy(), 50))
    })
    const broken = reset.closed()
    reset.ask()
    await broken
    expect([reset.seen.text.endsWith('\r\n\r\n{"'), reset.seen.ends]).toEqual([true, ['ECONNRESET']])
  })

  it('the head of an answer is there before its body', async () => {
    let goOn = () => {}
    const { ask, seen } = await wired((engine) => {
      engine.write(HEAD)
      goOn = () => void engine.write('body')
    })
    ask()
    await until('the head', () => seen.text.includes('\r\n\r\n'))
    // No time is named after which the connection would be closed: that is for the engine to say.
    expect(seen.text).toBe(HEAD.replace('\r\n\r\n', '\r\nConnection: keep-alive\r\n\r\n'))
    goOn()
    await until('the body', () => seen.text.endsWith('\r\n\r\nbody'))
  })

  it('many answers come over one connection, and when the function goes, the engine is let go', async () => {
    const { ask, seen, engines, caller, requests } = await wired((engine, nth) => engine.write(`${HEAD}no-${nth}`))
    for (let nth = 1; nth <= 3; nth += 1) {
      ask()
      await until(`answer ${nth}`, () => seen.text.endsWith(`no-${nth}`))
    }
    expect([requests(), engines.length, seen.ends]).toEqual([3, 1, []])
    caller.destroy()
    await until('the engine is let go', () => engines[0]?.destroyed === true)
  })

  it('an engine that closes an idle connection closes that of the function too', async () => {
    const { ask, seen, engines, closed } = await wired((engine, nth) => engine.write(`${HEAD}no-${nth}`))
    ask()
    await until('the answer', () => seen.text.endsWith('no-1'))
    const ended = closed()
    engines[0]?.end()
    await ended
    expect(seen.ends).toEqual(['end'])
  })
})
