import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { looseObject, optional, safeParse, string } from 'zod/mini'
import { folderProblem } from './data-folder.ts'

export interface LogSink {
  /** One line that a function wrote. */
  line(source: string, text: string): void
  /** One line of the local runtime itself; always shown. */
  say(source: string, text: string): void
  close(): Promise<void>
}
export interface LogSinkOptions {
  /** The data folder; the logs are in `logs` in it. */
  data: string
  verbose: boolean
  print: (line: string) => void
  now: () => number
}

const Line = looseObject({ level: optional(string()), message: optional(string()) })
const LARGEST_FILE = 50_000_000
const QUIET_MS = 2000

/**
 * Every line of the functions goes to a file; a person sees warnings, errors and how many tasks were settled. A warning
 * that repeats is shown every two seconds at most, with the number that was left out.
 */
export function makeLogSink({ data, verbose, print, now }: LogSinkOptions): LogSink {
  const file = makeRollingFile(data)
  const shown = new Map<string, { at: number; left: number }>()
  const time = () => new Date(now()).toTimeString().slice(0, 8)
  const tally = makeTally((text) => print(`${time()} ${text}`))

  function show(key: string, text: string): void {
    const last = shown.get(key)
    if (last !== undefined && now() - last.at < QUIET_MS) {
      last.left += 1
      return
    }
    const more = last !== undefined && last.left > 0 ? ` (and ${last.left} like it)` : ''
    shown.set(key, { at: now(), left: 0 })
    print(`${time()} ${text}${more}`)
  }

  return {
    line(source, text) {
      file.write(text)
      if (verbose) return print(`${source.padEnd(8)} ${text}`)
      const parsed = parseLine(text)
      if (parsed === undefined) return
      const { level = 'info', message = '', ...fields } = parsed
      if (level === 'info' && OUTCOMES.includes(message) && 'taskId' in fields)
        tally.add(message, String(fields.taskId))
      if (level !== 'warn' && level !== 'error') return
      show(`${source} ${message}`, `${source}: ${level}: ${message}${detailsOf(fields)}`)
    },
    say(source, text) {
      file.write(
        JSON.stringify({ time: new Date(now()).toISOString(), level: 'warn', function: source, message: text }),
      )
      show(`${source} ${text}`, `${source}: ${text}`)
    },
    close() {
      tally.show()
      return file.close()
    },
  }
}

/** What collect, submit and pingback say of a task that they settled. */
const OUTCOMES = ['solved', 'failed', 'expired']
const TOLD_ONE_BY_ONE = 3

/** Settled tasks, told once a second: each by its id while they are few, else how many. */
function makeTally(print: (text: string) => void) {
  let settled: { outcome: string; taskId: string }[] = []
  let timer: NodeJS.Timeout | undefined
  const show = () => {
    clearTimeout(timer)
    timer = undefined
    const told = settled
    settled = []
    if (told.length <= TOLD_ONE_BY_ONE) for (const { outcome, taskId } of told) print(`${outcome} ${taskId}`)
    else print(`${told.length} tasks settled: ${countsOf(told.map(({ outcome }) => outcome))}`)
  }
  return {
    show,
    add(outcome: string, taskId: string): void {
      settled.push({ outcome, taskId })
      timer ??= setTimeout(show, 1000).unref()
    },
  }
}

const countsOf = (outcomes: string[]): string =>
  OUTCOMES.map((outcome) => [outcomes.filter((one) => one === outcome).length, outcome] as const)
    .filter(([count]) => count > 0)
    .map(([count, outcome]) => `${count} ${outcome}`)
    .join(', ')

function parseLine(text: string) {
  try {
    return safeParse(Line, JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const NOT_SHOWN = ['time', 'function', 'worker', 'fleet', 'version', 'stack']
const detailsOf = (fields: Record<string, unknown>): string =>
  Object.entries(fields)
    .filter(([name, value]) => !NOT_SHOWN.includes(name) && value !== null && value !== undefined)
    .map(([name, value]) => ` ${name}=${String(value).slice(0, 120)}`)
    .join('')

/** `fleet.jsonl`, and the one before it in `fleet.1.jsonl`. */
function makeRollingFile(data: string): { write(line: string): void; close(): Promise<void> } {
  const folder = join(data, 'logs')
  try {
    mkdirSync(folder, { recursive: true })
  } catch (error) {
    throw folderProblem(data, error)
  }
  const path = join(folder, 'fleet.jsonl')
  let stream: WriteStream
  let size = 0
  const open = () => {
    if (existsSync(path)) renameSync(path, join(folder, 'fleet.1.jsonl'))
    stream = createWriteStream(path)
    stream.on('error', () => {}) // a full disk costs the log, not the fleet
    size = 0
    return stream
  }
  stream = open()
  return {
    write(line) {
      size += line.length + 1
      stream.write(`${line}\n`)
      if (size < LARGEST_FILE) return
      stream.end()
      open()
    },
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  }
}
