import { looseObject, optional, safeParse, string } from 'zod/mini'
import { makeReadinessWords, settledWords } from './console-lines.ts'
import { type After, makeRepeats, realAfter } from './repeats.ts'
import { makeRollingFile } from './rolling-file.ts'

export interface LogSink {
  /** One line that a function wrote. */
  line(source: string, text: string): void
  /** One line of the local runtime itself; always shown. */
  say(source: string, text: string): void
  close(): Promise<void>
}
interface LogSinkOptions {
  /** The data folder; the logs are in `logs` in it. */
  data: string
  verbose: boolean
  print: (line: string) => void
  now: () => number
  after?: After
}

const Line = looseObject({ level: optional(string()), message: optional(string()) })

/**
 * Every line of the functions goes to a file; a person sees how each task ended, each change of readiness, warnings and
 * errors. Of warnings that repeat only the number is shown.
 */
export function makeLogSink({ data, verbose, print, now, after = realAfter }: LogSinkOptions): LogSink {
  const file = makeRollingFile(data)
  const tell = (text: string) => print(`${new Date(now()).toTimeString().slice(0, 8)} ${text}`)
  const repeats = makeRepeats(tell, after)
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
      if (news !== null) return tell(news)
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
/** As many problems of a message as fit on a screen's line or three. */
const LONGEST_DETAIL = 400
const detailsOf = (fields: Record<string, unknown>): string =>
  Object.entries(fields)
    .filter(([name, value]) => !NOT_SHOWN.includes(name) && value !== null && value !== undefined)
    .map(([name, value]) => ` ${name}=${String(value).slice(0, LONGEST_DETAIL)}`)
    .join('')
