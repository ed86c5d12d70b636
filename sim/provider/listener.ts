import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Faults } from './faults.ts'

const RETRY_MS = 50
const RETRIES = 60

/** Keeps the port open, or closed while a `refuse` fault is on, and always comes back on the same port. */
export function makeListener(server: Server, host: string, port: number, faults: Faults) {
  let address: AddressInfo | null = null
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let turning: Promise<void> = Promise.resolve()

  async function open(): Promise<AddressInfo> {
    server.listen(address?.port ?? port, host)
    await once(server, 'listening')
    const bound = server.address()
    if (bound === null || typeof bound === 'string') throw new Error('the simulator needs a TCP port')
    return bound
  }

  /** The port was ours a moment ago; another process may hold it for as long. */
  async function reopen(): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await open()
        return
      } catch (error) {
        if (tries >= RETRIES || stopped) throw error
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  async function close(): Promise<void> {
    const closed = server.listening ? once(server, 'close') : undefined
    server.close()
    server.closeAllConnections()
    await closed
  }

  async function turn(): Promise<void> {
    clearTimeout(timer)
    if (stopped) return
    const refuse = faults.refuses(Date.now())
    if (refuse && server.listening) await close()
    if (!refuse && !server.listening) await reopen()
    const seconds = faults.nextTurn(Date.now())
    if (seconds !== null) timer = setTimeout(() => void follow(), Math.max(1, seconds * 1000))
  }

  /** Brings the listener in line with the faults, one change at a time. */
  function follow(): Promise<void> {
    turning = turning.then(turn)
    return turning
  }

  return {
    async start(): Promise<AddressInfo> {
      address = await open()
      await follow()
      return address
    },
    follow,
    async stop(): Promise<void> {
      stopped = true
      clearTimeout(timer)
      await turning
      await close()
    },
  }
}
