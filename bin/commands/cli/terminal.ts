import { createInterface } from 'node:readline/promises'
import { readHidden } from './read-hidden.ts'

/** Where a command writes: results to standard output, text for a person to standard error. */
export interface Terminal {
  out(line: string): void
  err(line: string): void
  /** One line that is overwritten by the next; shown only where `live`. */
  status(line: string): void
  /** Whether a person is watching standard error. */
  readonly live: boolean
  /** Asks yes or no; null where nobody can answer. */
  confirm(question: string): Promise<boolean> | null
  /** Asks for text that is not shown; null where nobody can answer. Resolves to null where the person gave up. */
  secret(question: string): Promise<string | null> | null
}

/** Text of others without control characters, so that it cannot move the cursor or colour the screen. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, '?')

export function standardTerminal({ stdin, stdout, stderr }: NodeJS.Process): Terminal {
  const live = stderr.isTTY === true
  const wipe = live ? '\r\x1b[2K' : ''
  return {
    live,
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
      return lines
        .question(`${question} [y/N] `)
        .then((answer) => /^y(es)?$/i.test(answer.trim()))
        .finally(() => lines.close())
    },
    secret: (question) => {
      if (stdin.isTTY !== true) return null
      // From here on nothing is shown that is typed, so only now it is asked for.
      const answer = readHidden(stdin)
      stderr.write(`${wipe}${question}`)
      return answer.finally(() => stderr.write('\n'))
    },
  }
}

export async function standardInput(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
