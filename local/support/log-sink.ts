import { looseObject, optional, safeParse, string } from 'zod/mini'
import { makeReadinessWords, settledWords } from './console-lines.ts'
import { type After, makeRepeats, realAfter } from './repeats.ts'
import { makeRollingFile } from './rolling-file.ts'

export interface LogSink {
  /** Takes one line that a function wrote. */
  line(source: string, text: string): void
  /** Takes one line of the local runtime itself, which is always shown. */
  say(source: string, text: string): void
  close(): Promise<void>
}
interface LogSinkOptions {
  /** The data folder; its folder `logs` holds the logs. */
  data: string
  verbose: boolean
  print: (line: string) => void
  now: () => number
  after?: After
}

const Line = looseObject({ level: optional(string()), message: optional(string()) })

/**
 * Writes every line of the functions to a file. The console shows how each task ended, each change of readiness,
 * warnings and errors. Of repeated warnings the console shows only the number.
 */
export function makeLogSink({ data, verbose, print, now, after = realAfter }: LogSinkOptions): LogSink {
  const file = makeRollingFile(data)
  const printTimed = (text: string) => print(`${new Date(now()).toTimeString().slice(0, 8)} ${text}`)
  const repeats = makeRepeats(printTimed, after)
  const readinessWords = makeReadinessWords(now)

  return {
    line(source, text) {
      file.write(text)
      if (verbose) return print(`${source.padEnd(8)} ${text}`)
      const parsed = parseLine(text)
      if (parsed === undefined) return
      const { level = 'info', message = '', ...fields } = parsed
      const news =
        message === 'settled' ? settledWords(fields) : message === 'readiness changed' ? readinessWords(fields) : null
      if (news !== null) return printTimed(news)
      if (level !== 'warn' && level !== 'error') return
      const kind = `${source}: ${level}: ${message}`
      repeats.show(kind, `${kind}${detailsOf(fields)}`)
    },
    say(source, text) {
      file.write(
        JSON.stringify({ time: new Date(now()).toISOString(), level: 'warn', function: source, message: text }),
      )
      repeats.show(`${source}: ${text}`, `${source}: ${text}`)
    },
    close() {
      repeats.close()
      return file.close()
    },
  }
}

function parseLine(text: string) {
  try {
    return safeParse(Line, JSON.parse(text)).data
  } catch {
    return undefined
  }
}

const NOT_SHOWN = ['time', 'function', 'worker', 'fleet', 'version', 'stack']
/** The most characters of a message's problems that are shown: one to three lines of a screen. */
const LONGEST_DETAIL = 400
const detailsOf = (fields: Record<string, unknown>): string =>
  Object.entries(fields)
    .filter(([name, value]) => !NOT_SHOWN.includes(name) && value !== null && value !== undefined)
    .map(([name, value]) => ` ${name}=${String(value).slice(0, LONGEST_DETAIL)}`)
    .join('')
