import { VERSION } from '../lib/version.ts'
import { EXIT, Unreachable, UsageError } from './commands/cli/exit.ts'
import type { Command, CommandContext } from './commands/cli/options.ts'
import { stopOnSignals } from './commands/cli/stop-on-signals.ts'
import { standardInput, standardTerminal } from './commands/cli/terminal.ts'
import { deadLetters } from './commands/dead-letters.ts'
import { keys } from './commands/keys.ts'
import { pause } from './commands/pause.ts'
import { redrive } from './commands/redrive.ts'
import { result } from './commands/result-command.ts'
import { resume } from './commands/resume.ts'
import { send } from './commands/send.ts'
import { simulate } from './commands/simulate.ts'
import { status } from './commands/status.ts'
import { testPage } from './commands/test-page.ts'

const COMMANDS: Command[] = [send, result, status, deadLetters, redrive, keys, pause, resume, testPage, simulate]

const HELP = `Usage: lifesign COMMAND [options]

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(16)}${summary}`).join('\n')}

lifesign COMMAND --help tells the rest; lifesign --version tells the version.`

export async function main([name, ...args]: string[], context: CommandContext): Promise<number> {
  const { terminal } = context
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.out(HELP)
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  if (name === '--version' || name === '-v' || name === 'version') {
    terminal.out(VERSION)
    return EXIT.ok
  }
  try {
    const command = COMMANDS.find((known) => known.name === name)
    if (command === undefined)
      throw new UsageError(`no command ${name}; there are ${COMMANDS.map((c) => c.name).join(', ')}`)
    if (args.includes('--help') || args.includes('-h')) {
      terminal.out(command.help)
      return EXIT.ok
    }
    return await command.run(args, context)
  } catch (error) {
    const usage = error instanceof UsageError || isParseProblem(error)
    if (!usage && !(error instanceof Unreachable)) throw error
    const [sentence = ''] = error.message.split(/(?:\. |\n)To specify/)
    terminal.err(`lifesign: ${sentence.replaceAll('\n', ' ')}`)
    return usage ? EXIT.usage : EXIT.noResult
  }
}

const isParseProblem = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

export async function runHere(): Promise<void> {
  const stop = stopOnSignals(process, () => performance.now())
  const context = { env: process.env, terminal: standardTerminal(process), stop, input: standardInput }
  process.exitCode = await main(process.argv.slice(2), context)
  process.exit()
}

if (import.meta.main) await runHere()
