import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { TestEngine } from './engine.ts'
import { end, freePort, HOST, untilServing } from './processes.ts'

const VERSION = '1.5.33'

/** Where `LIFESIGN_MINISTACK` says, or in the virtual environment in the checkout's temporary folder. */
function findMinistack(): string | null {
  const places = [process.env.LIFESIGN_MINISTACK, join(import.meta.dirname, '../../.tmp/venv/bin/ministack')]
  return places.find((place) => place !== undefined && existsSync(place)) ?? null
}

export const ministackEngine: TestEngine = {
  name: 'MiniStack',
  missing: () =>
    findMinistack() === null
      ? `it needs MiniStack; install it with: python3 -m venv .tmp/venv && .tmp/venv/bin/pip install ministack==${VERSION}`
      : null,
  async start() {
    const command = findMinistack()
    if (command === null) throw new Error('MiniStack is not there')
    const port = await freePort()
    const endpoint = `http://${HOST}:${port}`
    // The functions that the engine runs are given its own AWS_ENDPOINT_URL.
    const ports = { GATEWAY_PORT: String(port), BIND_HOST: HOST, AWS_ENDPOINT_URL: endpoint }
    const env = { ...process.env, ...ports, LOG_LEVEL: 'ERROR' }
    const engine = spawn(command, [], { env, stdio: 'ignore' })
    await untilServing(engine, endpoint).catch(async (error: unknown) => {
      await end(engine)
      throw error
    })
    return { endpoint, stop: () => end(engine) }
  },
}
