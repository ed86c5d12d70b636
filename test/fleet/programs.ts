import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { COMPILE_CACHE } from '../compile-cache.ts'
import { afterTests } from '../local/after-tests.ts'

/** A program of this project as a person starts it. */
export interface Program {
  lines: string[]
  /** The address on the line that begins with this word. */
  url(word: string): string
  until(line: RegExp, ms?: number): Promise<string>
  signal(signal: NodeJS.Signals): void
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; ms: number }>
}

const running = new Set<ChildProcess>()
afterTests(async () => {
  for (const child of running) {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
  }
})

/** Every port is any free one, unless `env` says otherwise. */
export function start(program: 'local' | 'engines', env: Record<string, string>, args: string[] = []): Program {
  const ports = ['PORT', 'SQS_PORT', 'DYNAMODB_PORT', 'SIMULATOR_PORT', 'CONTROL_PORT']
  const child = spawn(process.execPath, [`bin/${program}.ts`, ...args], {
    cwd: new URL('../..', import.meta.url),
    env: {
      PATH: process.env.PATH ?? '',
      ...COMPILE_CACHE,
      ...Object.fromEntries(ports.map((name) => [`LIFESIGN_${name}`, '0'])),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const wake = () => {
    for (const one of [...waiting]) one()
  }
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      wake()
    })
  let closed = false
  const ended = new Promise<Awaited<Program['ended']>>((resolve) => {
    let signalledAt = performance.now()
    child.once('spawn', () => (signalledAt = performance.now()))
    child.once('close', (code, signal) => {
      running.delete(child)
      closed = true
      resolve({ code, signal, ms: performance.now() - Math.max(signalledAt, lastSignal) })
      wake()
    })
  })
  let lastSignal = 0
  return {
    lines,
    ended,
    url: (word) => {
      const line = lines.find((each) => each.trimStart().startsWith(word)) ?? ''
      return /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? ''
    },
    signal(signal) {
      lastSignal = performance.now()
      child.kill(signal)
    },
    until: (wanted, ms = 25_000) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => reject(new Error(`no line ${wanted}: ${why}; it said:\n${lines.join('\n')}`))
        const timer = setTimeout(() => fail(`not within ${ms} ms`), ms)
        const look = () => {
          const found = lines.find((line) => wanted.test(line))
          if (found === undefined && !closed) return
          waiting.delete(look)
          clearTimeout(timer)
          if (found === undefined) fail(`it ended (${child.exitCode ?? child.signalCode})`)
          else resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }
}
