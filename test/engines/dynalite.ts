import dynalite from 'dynalite'
import type { TestEngine } from './engine.ts'
import { HOST } from './processes.ts'

/** DynamoDB on Node alone, in memory. */
export const dynaliteEngine: TestEngine = {
  name: 'dynalite',
  missing: () => null,
  async start() {
    const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
    server.on('request', (request) => {
      // dynalite throws when a client hangs up in mid-request; its own listener was added first and is replaced.
      request.removeAllListeners('error')
      request.on('error', () => {})
    })
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return {
      endpoint: `http://${HOST}:${address.port}`,
      async stop() {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      },
    }
  },
}
