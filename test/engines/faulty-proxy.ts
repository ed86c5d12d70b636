import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { HOST } from './processes.ts'

/** One call as it passes through: its name on the wire (`PutItem`) and its body. */
interface PassingCall {
  call: string
  body: Buffer
}
/** What becomes of a call. `applied` ones reach the engine first. */
export type Fate =
  | { kind: 'pass'; body?: Buffer; change?: (answer: Buffer) => Buffer; headers?: Record<string, string> }
  /** The connection ends without an answer, after the engine did it (`applied`) or before it heard of it. */
  | { kind: 'cut'; applied: boolean }
  | { kind: 'answer'; status: number; body: string; applied: boolean }
  /** No answer comes; with `head`, its head comes and its body never does. */
  | { kind: 'hang'; head: boolean }

export interface FaultyProxy {
  endpoint: string
  /** The calls that came in, in their order. */
  readonly calls: string[]
  /** Decides from now on. */
  fate: (passing: PassingCall) => Fate
  stop(): Promise<void>
}

/** Stands before an engine and does to its calls what networks and services do. Until told otherwise it passes them on. */
export async function startFaultyProxy(engine: string): Promise<FaultyProxy> {
  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => incoming.socket.destroy())
  })
  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = Buffer.concat(await incoming.toArray())
    const call = String(incoming.headers['x-amz-target'] ?? '').replace(/^.*\./, '')
    proxy.calls.push(call)
    const fate = proxy.fate({ call, body })
    if (fate.kind === 'hang') {
      if (fate.head) outgoing.writeHead(200, { 'content-length': 1000 }).write('{')
      return
    }
    const passed =
      fate.kind === 'pass' || fate.applied ? await forward(engine, incoming, bodyOf(fate) ?? body) : undefined
    if (fate.kind === 'cut') incoming.socket.destroy()
    else if (fate.kind === 'answer') {
      outgoing.writeHead(fate.status, { 'content-type': 'application/x-amz-json-1.0' }).end(fate.body)
    } else if (passed !== undefined) {
      const answer = fate.change === undefined ? passed.body : fate.change(passed.body)
      const { 'x-amz-crc32': _, 'transfer-encoding': _t, ...headers } = passed.headers
      outgoing.writeHead(passed.status, { ...headers, 'content-length': answer.length, ...fate.headers }).end(answer)
    }
  }
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const proxy: FaultyProxy = {
    endpoint: `http://${HOST}:${address.port}`,
    calls: [],
    fate: () => ({ kind: 'pass' }),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

const bodyOf = (fate: Fate): Buffer | undefined => (fate.kind === 'pass' ? fate.body : undefined)

type Answer = { status: number; headers: IncomingMessage['headers']; body: Buffer }

const forward = (engine: string, { method, url, headers }: IncomingMessage, body: Buffer): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { 'content-length': _, ...kept } = headers
    const call = request(
      `${engine}${url}`,
      { method, headers: { ...kept, 'content-length': body.length }, agent: false },
      async (answer) => {
        resolve({
          status: answer.statusCode ?? 500,
          headers: answer.headers,
          body: Buffer.concat(await answer.toArray()),
        })
      },
    )
    call.on('error', reject)
    call.end(body)
  })

/** `first` for the first call it applies to, then everything passes. */
export function once(applies: (passing: PassingCall) => boolean, first: Fate): FaultyProxy['fate'] {
  let done = false
  return (passing) => {
    if (done || !applies(passing)) return { kind: 'pass' }
    done = true
    return first
  }
}
