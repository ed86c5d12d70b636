import { connect, type Socket } from 'node:net'

export interface Round {
  /** Of every answer, in milliseconds. */
  latencies: number[]
  seconds: number
  /** Answers with another status than 200. */
  refused: number
}

/**
 * Asks over so many kept connections, each one request at a time, as fast as answers come. The connections speak
 * HTTP/1.1 by hand: a client that costs more than the server would level both.
 */
export async function load(port: number, path: string, connections: number, seconds: number): Promise<Round> {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: */*\r\n\r\n`
  const round: Round = { latencies: [], seconds, refused: 0 }
  const began = performance.now()
  const until = began + seconds * 1000
  await Promise.all(
    Array.from({ length: connections }, () => asking(connect(port, '127.0.0.1'), request, until, round)),
  )
  return { ...round, seconds: (performance.now() - began) / 1000 }
}

function asking(socket: Socket, request: string, until: number, round: Round): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let sentAt = 0
  let held = ''
  const send = () => {
    held = ''
    sentAt = performance.now()
    socket.write(request)
  }
  socket.setNoDelay(true).setEncoding('latin1')
  socket.on('connect', send).on('error', reject)
  socket.on('close', () => resolve())
  socket.on('data', (text: string) => {
    held += text
    if (!isWhole(held)) return
    const now = performance.now()
    round.latencies.push(now - sentAt)
    if (!held.startsWith('HTTP/1.1 200 ')) round.refused += 1
    if (now < until) send()
    else socket.destroy()
  })
  return promise
}

/** Whether the answer has all the bytes that its header announces. Both servers announce them. */
function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1]
  if (length === undefined) throw new Error(`an answer without a length: ${text.slice(0, head)}`)
  return text.length >= head + 4 + Number(length)
}
