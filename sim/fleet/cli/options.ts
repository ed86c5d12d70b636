import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { type InvariantName, isInvariantName } from '../oracle/invariants.ts'

/** An argument that the user can mend: one line on the error output, exit code 2. */
export function wrongUsage(problem: string): never {
  console.error(`${problem}; --help explains the options`)
  process.exit(2)
}

/** The options of a command of the simulation. `--help` prints the usage and ends it. */
export function readOptions<const Options extends ParseArgsOptionsConfig>(options: Options, usage: string) {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h')) {
    console.log(usage)
    process.exit(0)
  }
  try {
    return parseArgs({ options }).values
  } catch (error) {
    return wrongUsage(error instanceof Error ? (error.message.split(/[.\n]/)[0] ?? '') : String(error))
  }
}

export function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  const isWhole = text.trim() !== '' && Number.isSafeInteger(value) && value >= 0
  return isWhole ? value : wrongUsage(`--${name} must be a whole number, not '${text}'`)
}

/** Names of invariants; one that is none ends the program. */
export const readInvariants = (names: readonly string[]): InvariantName[] =>
  names.map((name) => (isInvariantName(name) ? name : wrongUsage(`there is no invariant '${name}'`)))
