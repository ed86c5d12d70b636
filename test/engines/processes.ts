import { type ChildProcess, spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export const HOST = '127.0.0.1'

/** A port that was free just now, for a process that cannot choose one itself. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** What a command prints, on either stream; empty where there is no such command. */
export function printed(command: string, args: string[]): string {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return `${stdout ?? ''}${stderr ?? ''}`
}

/** Asks until the engine answers over HTTP, whatever it answers. */
export async function untilServing(engine: ChildProcess, endpoint: string, seconds = 45): Promise<void> {
  const stopAt = Date.now() + seconds * 1000
  while (!(await answers(endpoint))) {
    if (engine.exitCode !== null) throw new Error(`the engine ended with exit code ${engine.exitCode}`)
    if (Date.now() > stopAt) throw new Error(`the engine did not serve within ${seconds} s`)
    await pause(100)
  }
}

const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint, { signal: AbortSignal.timeout(2000) }).then(
    () => true,
    () => false,
  )

/** Ends a process that we started, by force where it does not go by itself. */
export async function end(engine: ChildProcess): Promise<void> {
  if (engine.exitCode !== null || engine.signalCode !== null) return
  const ended = new Promise((resolve) => engine.once('exit', resolve))
  engine.kill('SIGTERM')
  const forced = setTimeout(() => engine.kill('SIGKILL'), 5000)
  await ended
  clearTimeout(forced)
}
