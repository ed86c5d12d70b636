import { readFile } from 'node:fs/promises'
import { UsageError } from './exit.ts'
import type { CommandContext } from './options.ts'

/** The bytes of a file that the command line names; `-` is standard input. */
export async function readFileArgument(path: string, input: CommandContext['input']): Promise<Buffer> {
  if (path === '-') return input()
  return readFile(path).catch((error: unknown) => {
    throw new UsageError(`the file ${path} cannot be read: ${whyNot(error)}`)
  })
}

const REASONS = new Map([
  ['ENOENT', 'it does not exist'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a folder'],
])

const whyNot = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  return REASONS.get(code) ?? code
}
