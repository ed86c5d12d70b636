import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { type HiddenInput, readHidden } from './read-hidden.ts'

/** Where a command writes: results to standard output, text for a person to standard error. */
export interface Terminal {
  out(line: string): void
  err(line: string): void
  /** Shows a line that the next one overwrites; shown only if `live`. */
  status(line: string): void
  /** Whether standard error is a terminal. */
  readonly live: boolean
  /** Whether standard output is a terminal that shows colours, and the person wants them (NO_COLOR). */
  readonly coloured: boolean
  /** Asks a yes-or-no question; null if nobody can answer. Resolves to null if the person cancels. */
  confirm(question: string): Promise<boolean | null> | null
  /** Asks for text that is not shown; null if nobody can answer. Resolves to null if the person cancels. */
  secret(question: string): Promise<string | null> | null
}

/** Text from outside without control characters, so that it cannot move the cursor or colour the screen. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?')

/** The part of a process that a terminal is made of. */
interface Streams {
  stdin: NodeJS.ReadableStream & HiddenInput & { isTTY?: boolean }
  stdout: { write(text: string): unknown; isTTY?: boolean }
  stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number }
  env: Record<string, string | undefined>
}

export function standardTerminal({ stdin, stdout, stderr, env }: Streams): Terminal {
  const live = stderr.isTTY === true
  const wipe = live ? '\r\x1b[2K' : ''
  return {
    live,
    coloured: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
    out: (line) => {
      if (live && stdout.isTTY) stderr.write(wipe)
      stdout.write(`${line}\n`)
    },
    err: (line) => stderr.write(`${wipe}${line}\n`),
    status: (line) => {
      if (live) stderr.write(`${wipe}${line.slice(0, (stderr.columns || 80) - 1)}`)
    },
    confirm: (question) => {
      if (stdin.isTTY !== true || !live) return null
      const lines = createInterface({ input: stdin, output: stderr })
      const yes = (answer: string) => /^y(es)?$/i.test(answer.trim())
      // Ctrl-C and Ctrl-D reject the question. Where the terminal goes away it is never settled.
      const answered = lines.question(`${question} [y/N] `).then(yes, () => null)
      return Promise.race([answered, once(lines, 'close').then(() => null)]).finally(() => lines.close())
    },
    secret: (question) => {
      if (stdin.isTTY !== true) return null
      // Typed text is hidden from here on, so the question is printed only now.
      const answer = readHidden(stdin)
      stderr.write(`${wipe}${question}`)
      return answer.finally(() => stderr.write('\n'))
    },
  }
}

export async function standardInput(stdin: AsyncIterable<Uint8Array> = process.stdin): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
