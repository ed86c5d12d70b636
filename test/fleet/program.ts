import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { COMPILE_CACHE } from '../compile-cache.ts'
import { end } from '../engines/processes.ts'

/** One of the project's programs, as its npm script starts it, with all it printed. */
export interface Program {
  readonly child: ChildProcess
  output(): string
  /** Of the address on the line that begins with this word. */
  port(word: string): number
  /** At once, with no chance to clean up. */
  kill9(): Promise<void>
  stop(): Promise<void>
}

/** Starts `node <file> ..` and waits for a line that begins with `ready`. */
export async function startProgram(file: string, args: string[], env: Record<string, string>, ready: RegExp) {
  const child = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', NO_COLOR: '1', ...COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (bytes: Buffer) => {
    output += bytes
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const gone = () => child.exitCode !== null || child.signalCode !== null
  const program: Program = {
    child,
    output: () => output,
    port: (word) => Number(new RegExp(`^ *${word} .*http://127\\.0\\.0\\.1:(\\d+)`, 'm').exec(output)?.[1]),
    async kill9() {
      child.kill('SIGKILL')
      while (!gone()) await pause(5)
    },
    stop: () => end(child),
  }
  for (let i = 0; i < 600 && !ready.test(output) && !gone(); i += 1) await pause(50)
  if (ready.test(output)) return program
  await program.stop()
  throw new Error(`${file} did not get ready:\n${output.slice(-3000)}`)
}
