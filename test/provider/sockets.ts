import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

interface RawServer {
  url: string
  port: number
  /** Everything that was received, per connection. */
  received: string[]
}

/** A plain TCP server on a free port: `onData` is called with what has come on that connection so far. */
export async function rawServer(
  onData: (socket: Socket, soFar: string) => void,
  onConnection: (socket: Socket) => void = () => {},
): Promise<RawServer> {
  const received: string[] = []
  const server = createServer((socket) => {
    const nth = received.push('') - 1
    socket.on('error', () => {})
    onConnection(socket)
    socket.on('data', (chunk) => {
      received[nth] += chunk.toString('latin1')
      onData(socket, received[nth] ?? '')
    })
  })
  const port = await listen(server)
  return { url: `http://127.0.0.1:${port}`, port, received }
}

/** Listens on loopback until the test is over. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return portOf(server.address())
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0

/** A port of loopback where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server.address())
  server.close()
  await once(server, 'close')
  return port
}

/** Whether the whole of a form-encoded POST is there. */
export function isWhole(request: string): boolean {
  const [head = '', body] = request.split('\r\n\r\n')
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  return body !== undefined && body.length >= length
}

export const http = (body: string, head = 'HTTP/1.1 200 OK') =>
  `${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
