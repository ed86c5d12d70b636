import { parseArgs } from 'node:util'
import type { Terminal } from './terminal.ts'

/** What every command gets beside its own flags. `stop` fires on Ctrl-C. */
export interface CommandContext {
  env: Record<string, string | undefined>
  terminal: Terminal
  stop: AbortSignal
  /** All of standard input. */
  input(): Promise<Buffer>
}

export interface Command {
  name: string
  summary: string
  help: string
  run(args: string[], context: CommandContext): Promise<number>
}

/** One option as `node:util` parses it, with its text in `--help`. `value` names its argument. */
interface Option {
  type: 'string' | 'boolean'
  multiple?: boolean
  value?: string
  help: string
}
export type Options = Record<string, Option>

export const HELP = { help: { type: 'boolean', help: 'this text' } } as const satisfies Options

/** The flags that say where the fleet is; every command has them. */
export const TARGET = {
  stage: { type: 'string', value: 'NAME', help: 'a deployed stack, Lifesign-NAME; its outputs are read' },
  region: { type: 'string', value: 'NAME', help: 'its AWS region; default: as the AWS tools find it' },
  'queue-url': { type: 'string', value: 'URL', help: 'the task queue, in place of a stage' },
  'result-queue-url': { type: 'string', value: 'URL', help: 'the result queue beside it' },
  'dead-letter-queue-url': { type: 'string', value: 'URL', help: 'the dead-letter queue beside it' },
  'poll-queue-url': { type: 'string', value: 'URL', help: 'the poll queue beside it' },
  table: { type: 'string', value: 'NAME', help: 'the table beside it' },
} as const satisfies Options

export const TARGET_NOTE = `Without --stage or --queue-url the fleet that \`npm start\` runs on this machine is meant
(LIFESIGN_SQS_PORT and LIFESIGN_DYNAMODB_PORT as for npm start).`

export const describeOptions = (options: Options): string =>
  Object.entries(options)
    .map(([name, { value, help }]) => `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(30)}${help}`)
    .join('\n')

/** Parses the arguments; a wrong one is reported in one line. */
export const parse = <const O extends Options, const P extends boolean>(
  args: string[],
  options: O,
  allowPositionals: P,
) => parseArgs({ args, options, allowPositionals, strict: true })
