import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { Agent } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeConnectionPool } from '../../functions/adapters/provider/connection-pool.ts'
import { type HttpReply, MOST_BODY_BYTES, sendRequest } from '../../functions/adapters/provider/transport.ts'
import { makeCertificate } from './self-signed.ts'
import { closedPort, http, isWhole, listen, rawServer } from './sockets.ts'

const FORM = new URLSearchParams({ key: 'k'.repeat(32), method: 'userrecaptcha' })
const ACCEPTED = '{"status":1,"request":"7"}'

/** Far more time than a busy machine needs: no answer below depends on it. */
const AMPLE_MS = 20_000

function client(now = () => Date.now()) {
  const pool = makeConnectionPool(now)
  onTestFinished(() => pool.close())
  const post = (url: string, timeoutMs = AMPLE_MS): Promise<HttpReply> =>
    sendRequest(pool, { url: new URL('/in.php', url), method: 'POST', form: FORM, timeoutMs })
  return { pool, post }
}

/** Timers stand still from here on; whatever comes by the network does not. */
function stopTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
  })
}

/** What was replied one millisecond before this time, and then. */
async function repliesAround(timeoutMs: number, reply: Promise<HttpReply>): Promise<HttpReply[][]> {
  const replies: HttpReply[] = []
  void reply.then((each) => replies.push(each))
  await vi.advanceTimersByTimeAsync(timeoutMs - 1)
  const before = [...replies]
  await vi.advanceTimersByTimeAsync(1)
  return [before, replies]
}

describe('provably not sent', () => {
  it('when nobody listens', async () => {
    const { post } = client()
    expect(await post(`http://127.0.0.1:${await closedPort()}`)).toEqual({ kind: 'notSent', code: 'REFUSED' })
  })

  it('when the name does not resolve', async () => {
    const reply = await client().post('http://provider.invalid', 5_000)
    expect(reply.kind).toBe('notSent')
    // A resolver that itself does not answer ends in our time-out for the connection.
    expect(['DNS', 'CONNECT_TIMEOUT']).toContain(reply.kind === 'notSent' && reply.code)
  })

  it('when the other side speaks no TLS: not a byte of the request came there', async () => {
    const plain = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const reply = await client().post(plain.url.replace('http:', 'https:'))
    expect(reply).toEqual({ kind: 'notSent', code: 'TLS' })
    expect(plain.received.join()).not.toContain('POST')
  })

  it('when the certificate is not trusted: the server saw no request', async () => {
    let requests = 0
    const server = createSecureServer(makeCertificate(), () => requests++)
    const port = await listen(server)
    expect(await client().post(`https://127.0.0.1:${port}`)).toEqual({ kind: 'notSent', code: 'TLS' })
    expect(requests).toBe(0)
  })

  it('when the connection is reset in mid-handshake', async () => {
    const rude = await rawServer((socket) => socket.resetAndDestroy())
    expect(await client().post(rude.url.replace('http:', 'https:'))).toEqual({ kind: 'notSent', code: 'TLS' })
  })
})

describe('provably not sent, with the reason of the network', () => {
  class BrokenAgent extends Agent {
    readonly #code: string
    constructor(code: string) {
      super()
      this.#code = code
    }
    override createConnection(...[, callback]: Parameters<Agent['createConnection']>): undefined {
      callback?.(Object.assign(new Error('no'), { code: this.#code }), new Socket())
    }
  }
  it.each([
    ['ENOTFOUND', 'DNS'],
    ['EAI_AGAIN', 'DNS'],
    ['ECONNREFUSED', 'REFUSED'],
    ['EHOSTUNREACH', 'UNREACHABLE'],
    ['ENETUNREACH', 'UNREACHABLE'],
    ['EADDRNOTAVAIL', 'UNREACHABLE'],
    ['ETIMEDOUT', 'CONNECT_TIMEOUT'],
    ['ECONNRESET', 'RESET'],
  ])('%s is %s', async (errno, code) => {
    const pool = { agent: () => new BrokenAgent(errno), prune: () => {}, close: () => {} }
    const url = new URL('http://127.0.0.1:1/in.php')
    expect(await sendRequest(pool, { url, method: 'POST', form: FORM, timeoutMs: AMPLE_MS })).toEqual({
      kind: 'notSent',
      code,
    })
  })

  // Half of its time at most, so that another call may be made in the other half.
  it.each([
    [20_000, 3000],
    [4000, 2000],
  ])('a TLS handshake that never ends is given up, of %i ms, after %i ms', async (timeoutMs, expected) => {
    const begun = Promise.withResolvers<void>()
    const server = await rawServer(() => begun.resolve())
    stopTimers()
    const reply = client().post(server.url.replace('http:', 'https:'), timeoutMs)
    await begun.promise
    expect(await repliesAround(expected, reply)).toEqual([[], [{ kind: 'notSent', code: 'CONNECT_TIMEOUT' }]])
  })
})

describe('maybe sent', () => {
  it('when the connection is accepted and reset before a byte is read', async () => {
    const server = await rawServer(
      () => {},
      (socket) => {
        socket.pause()
        setTimeout(() => socket.resetAndDestroy(), 30)
      },
    )
    expect(await client().post(server.url)).toEqual({ kind: 'noResponse', code: 'RESET' })
    expect(server.received).toEqual([''])
  })

  it.each([
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ['closed', (socket: Socket) => socket.end()],
  ])('when the request was read and the connection is %s, and it is not sent again', async (_how, end) => {
    const server = await rawServer((socket, soFar) => isWhole(soFar) && end(socket))
    expect(await client().post(server.url)).toEqual({ kind: 'noResponse', code: 'RESET' })
    expect(server.received).toHaveLength(1)
  })

  it('when no answer comes in time', async () => {
    const asked = Promise.withResolvers<void>()
    const server = await rawServer(() => asked.resolve())
    stopTimers()
    const reply = client().post(server.url, 300)
    await asked.promise
    expect(await repliesAround(300, reply)).toEqual([[], [{ kind: 'noResponse', code: 'TIMEOUT' }]])
  })

  it.each([
    ['no HTTP', 'what do you want?\r\n\r\n'],
    ['endless headers', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`],
  ])('when the answer is %s', async (_what, bytes) => {
    const server = await rawServer((socket, soFar) => isWhole(soFar) && socket.write(bytes))
    expect(await client().post(server.url)).toEqual({ kind: 'noResponse', code: 'UNREADABLE' })
  })

  it('when a kept connection is reset under the second request: that one is not sent again', async () => {
    let requests = 0
    const server = await rawServer((socket, soFar) => {
      if (!isWhole(soFar)) return
      requests += 1
      if (requests === 1) socket.write(http(ACCEPTED))
      else socket.resetAndDestroy()
    })
    const { post } = client()
    expect(await post(server.url)).toMatchObject({ kind: 'answered', status: 200 })
    expect(await post(server.url)).toEqual({ kind: 'noResponse', code: 'RESET' })
    expect(server.received, 'one connection').toHaveLength(1)
    expect(requests).toBe(2)
  })
})

describe('an answer whose body cannot be used', () => {
  const flawOf = async (bytes: string | Buffer, end = false) => {
    const server = await rawServer((socket, soFar) => {
      if (!isWhole(soFar)) return
      socket.write(bytes)
      if (end) socket.end()
    })
    return client().post(server.url)
  }

  it('is cut: shorter than it said', async () => {
    expect(await flawOf(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${ACCEPTED}`, true)).toMatchObject({
      status: 200,
      bodyError: 'CUT',
    })
  })
  it('is cut: a chunked one without its end', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(await flawOf(`${head}1a\r\n${ACCEPTED}\r\n`, true)).toMatchObject({
      status: 200,
      body: null,
      bodyError: 'CUT',
    })
  })
  it('never ends', async () => {
    const drip = 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{'
    const server = await rawServer((socket, soFar) => isWhole(soFar) && socket.write(drip))
    const head = Promise.withResolvers<void>()
    const note = () => head.resolve()
    subscribe('http.client.response.finish', note)
    onTestFinished(() => void unsubscribe('http.client.response.finish', note))
    stopTimers()
    const reply = client().post(server.url, 400)
    await head.promise
    const flaw = { kind: 'answered', status: 200, retryAfter: undefined, body: null, bodyError: 'TIMEOUT' }
    expect(await repliesAround(400, reply)).toEqual([[], [flaw]])
  })
  it('is no text', async () => {
    const bytes = Buffer.concat([
      Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n'),
      Buffer.from([0xff, 0xfe, 0xc0]),
    ])
    expect(await flawOf(bytes)).toMatchObject({ status: 200, body: null, bodyError: 'UNREADABLE' })
  })
  it('keeps its status: what follows a 502 does not matter', async () => {
    expect(await flawOf('HTTP/1.1 502 Bad\r\ncontent-length: 99\r\n\r\n<', true)).toMatchObject({
      status: 502,
      bodyError: 'CUT',
    })
  })
  it('is as long as allowed: taken; one byte more: not', async () => {
    expect(await flawOf(http('x'.repeat(MOST_BODY_BYTES)))).toMatchObject({ bodyError: null })
    expect(await flawOf(http('x'.repeat(MOST_BODY_BYTES + 1)))).toMatchObject({
      body: null,
      bodyError: 'BODY_TOO_LARGE',
    })
  })
})

describe('a body of 10 MB', () => {
  /** Bytes that the client's side read from its sockets while `run` ran. */
  async function bytesRead(run: () => Promise<unknown>): Promise<number> {
    const sockets: Socket[] = []
    const note = (message: unknown) => {
      if (typeof message === 'object' && message !== null && 'socket' in message && message.socket instanceof Socket)
        sockets.push(message.socket)
    }
    subscribe('net.client.socket', note)
    await run()
    unsubscribe('net.client.socket', note)
    expect(sockets).toHaveLength(1)
    return sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)
  }
  const huge = 10 * 1024 * 1024
  const heads = {
    'that says its length': `content-length: ${huge}`,
    'that does not': 'connection: close',
  }

  it.each(Object.entries(heads))('%s is cut off and not read (row 20)', async (_what, head) => {
    let closed = false
    const server = await rawServer((socket, soFar) => {
      if (!isWhole(soFar)) return
      socket.on('close', () => {
        closed = true
      })
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n{"status":1,"request":"`)
      socket.write('8'.repeat(huge))
    })
    const { post } = client()
    const read = await bytesRead(async () =>
      expect(await post(server.url)).toMatchObject({ status: 200, body: null, bodyError: 'BODY_TOO_LARGE' }),
    )
    // What is kept never passes 64 kB; the socket itself hands over whole chunks of as much.
    expect(read).toBeLessThanOrEqual(4 * MOST_BODY_BYTES)
    await expect.poll(() => closed).toBe(true)
  })
})

describe('connections', () => {
  it('are kept and used again at once', async () => {
    const server = await rawServer((socket, soFar) => isWhole(soFar) && socket.write(http(ACCEPTED)))
    const { post } = client()
    for (let i = 0; i < 3; i++) expect(await post(server.url)).toMatchObject({ body: ACCEPTED })
    expect(server.received).toHaveLength(1)
  })

  it.each([
    ['that were idle for more than 2 s are not trusted: a frozen Lambda wakes to a dead one', 2_001, 2],
    ['that were idle for 2 s are used again', 2_000, 1],
    ['that became idle in a future from which the clock was set back are not trusted', -2_001, 2],
  ])('%s', async (_, passed, connections) => {
    let now = 1_000_000
    const server = await rawServer((socket, soFar) => isWhole(soFar) && socket.write(http(ACCEPTED)))
    const { post } = client(() => now)
    await post(server.url)
    now += passed
    expect(await post(server.url)).toMatchObject({ body: ACCEPTED })
    expect(server.received).toHaveLength(connections)
  })

  it('that the server closes right behind a whole answer do not make it a cut one', async () => {
    const server = await rawServer(
      (socket, soFar) => isWhole(soFar) && socket.end(http(ACCEPTED, 'HTTP/1.1 200 OK\r\nconnection: close')),
    )
    const { post } = client()
    stopTimers()
    const replies = await Promise.all(Array.from({ length: 500 }, () => post(server.url)))
    expect(replies.filter((reply) => reply.kind === 'answered' && reply.body === ACCEPTED)).toHaveLength(500)
  })

  it('by TLS are used again too, once verified, and are not trusted either once they were idle for more than 2 s', async () => {
    const certificate = makeCertificate()
    const before = getCACertificates('default')
    setDefaultCACertificates([...before, certificate.cert])
    onTestFinished(() => setDefaultCACertificates(before))
    let connections = 0
    const server = createSecureServer(certificate, (request, response) => {
      request.resume()
      request.on('end', () => response.end(ACCEPTED))
    })
    server.on('secureConnection', () => connections++)
    const port = await listen(server)
    let now = 1_000_000
    const { post } = client(() => now)
    const accepted = { kind: 'answered', status: 200, body: ACCEPTED }
    for (let i = 0; i < 3; i++) expect(await post(`https://127.0.0.1:${port}`)).toMatchObject(accepted)
    expect(connections).toBe(1)
    now += 2_001
    expect(await post(`https://127.0.0.1:${port}`)).toMatchObject(accepted)
    expect(connections).toBe(2)
  })

  it('are opened for many requests at once', async () => {
    const server = await rawServer((socket, soFar) => isWhole(soFar) && socket.write(http(ACCEPTED)))
    const { post } = client()
    stopTimers()
    const replies = await Promise.all(Array.from({ length: 300 }, () => post(server.url)))
    expect(replies.filter((reply) => reply.kind === 'answered' && reply.body === ACCEPTED)).toHaveLength(300)
    expect(server.received.length).toBeLessThanOrEqual(128)
  })
})

it('a redirect is not followed', async () => {
  const elsewhere = await rawServer(() => {})
  const server = await rawServer(
    (socket, soFar) =>
      isWhole(soFar) && socket.write(http('', `HTTP/1.1 307 Moved\r\nlocation: ${elsewhere.url}/in.php`)),
  )
  expect(await client().post(server.url)).toMatchObject({ kind: 'answered', status: 307 })
  expect(elsewhere.received).toEqual([])
})

it('a request that is given up is hung up on: the provider does not go on sending to nobody', async () => {
  const closed = Promise.withResolvers<string>()
  const asked = Promise.withResolvers<void>()
  const server = await rawServer(
    () => asked.resolve(),
    (socket) => void socket.on('close', () => closed.resolve('closed')),
  )
  stopTimers()
  const reply = client().post(server.url, 200)
  await asked.promise
  expect(await repliesAround(200, reply)).toEqual([[], [{ kind: 'noResponse', code: 'TIMEOUT' }]])
  expect(await closed.promise).toBe('closed')
})

it('an answer that does not end in time is hung up on', async () => {
  const closed = Promise.withResolvers<string>()
  const begun = Promise.withResolvers<void>()
  const server = await rawServer(
    (socket, soFar) => {
      if (isWhole(soFar)) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf', () => begun.resolve())
    },
    (socket) => void socket.on('close', () => closed.resolve('closed')),
  )
  stopTimers()
  const arrived = Promise.withResolvers<void>()
  const onAnswer = () => arrived.resolve()
  subscribe('http.client.response.finish', onAnswer)
  onTestFinished(() => {
    unsubscribe('http.client.response.finish', onAnswer)
  })
  const reply = client().post(server.url, 200)
  await Promise.all([begun.promise, arrived.promise])
  await vi.advanceTimersByTimeAsync(200)
  expect(await reply).toMatchObject({ kind: 'answered', status: 200, body: null, bodyError: 'TIMEOUT' })
  expect(await closed.promise).toBe('closed')
})

it('a pool that is closed closes the connections of both kinds', () => {
  const pool = makeConnectionPool(() => 0)
  const closes = [true, false].map((isSecure) => vi.spyOn(pool.agent(isSecure), 'destroy'))
  pool.close()
  for (const close of closes) expect(close).toHaveBeenCalledOnce()
})

it('an answer that is longer than is read is hung up on, though more of it would come', async () => {
  const closed = Promise.withResolvers<string>()
  const endless = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20000\r\n${'x'.repeat(0x20000)}\r\n`
  const server = await rawServer(
    (socket, soFar) => isWhole(soFar) && socket.write(endless),
    (socket) => void socket.on('close', () => closed.resolve('closed')),
  )
  expect(await client().post(server.url)).toMatchObject({ kind: 'answered', body: null, bodyError: 'BODY_TOO_LARGE' })
  expect(await closed.promise).toBe('closed')
})

it('the wait that a provider asks for is heeded although its answer was cut off', async () => {
  const head = 'HTTP/1.1 503 Busy\r\nretry-after: 9\r\ncontent-length: 50\r\n\r\nhalf'
  const server = await rawServer((socket, soFar) => isWhole(soFar) && socket.end(head))
  expect(await client().post(server.url)).toEqual({
    ...{ kind: 'answered', status: 503, retryAfter: '9', body: null, bodyError: 'CUT' },
  })
})
