import { Agent as PlainAgent } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import type { Socket } from 'node:net'

/**
 * Kept-alive connections that were used recently enough to trust. A server closes an idle connection when it likes (5 s
 * is common). A submit sent at that moment counts as maybe sent, which costs an uncertain charge for nothing. An idle
 * connection is therefore dropped well before servers drop it. The clock decides this and not a timer, because a frozen
 * Lambda runs no timers.
 */
const MOST_IDLE_MS = 2_000
const OPTIONS = { keepAlive: true, maxSockets: 128, maxFreeSockets: 16 }

export interface ConnectionPool {
  agent(secure: boolean): PlainAgent
  /** Drops connections that have been idle too long. Call it before every request. */
  prune(): void
  close(): void
}

export function makeConnectionPool(now: () => number): ConnectionPool {
  const idleSince = new WeakMap<Socket, number>()
  const plain = new PlainAgent(OPTIONS)
  const secure = new SecureAgent(OPTIONS)
  for (const agent of [plain, secure]) agent.on('free', (socket: Socket) => idleSince.set(socket, now()))

  const isStale = (socket: Socket) => Math.abs(now() - (idleSince.get(socket) ?? 0)) > MOST_IDLE_MS
  return {
    agent: (isSecure) => (isSecure ? secure : plain),
    prune() {
      for (const sockets of [plain.freeSockets, secure.freeSockets].flatMap((free) => Object.values(free)))
        for (const socket of [...(sockets ?? [])]) if (isStale(socket)) socket.destroy()
    },
    close() {
      plain.destroy()
      secure.destroy()
    },
  }
}
