import { buildApp } from 'fauxqs'
import { acceptEveryLegalCharacter } from '../../local/engines/fauxqs-characters.ts'
import type { TestEngine } from './engine.ts'
import { HOST } from './processes.ts'

/** SQS on Node alone, in memory. `startFauxqs` would listen on every address. */
export const fauxqsEngine: TestEngine = {
  name: 'fauxqs',
  missing: () => null,
  async start() {
    await acceptEveryLegalCharacter()
    const app = buildApp({ logger: false })
    const endpoint = await app.listen({ host: HOST, port: 0 })
    return {
      endpoint,
      async stop() {
        app.server.closeAllConnections()
        await app.close()
      },
    }
  },
}
