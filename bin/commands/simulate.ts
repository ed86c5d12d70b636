import { FAULT_PARAMETERS } from '../../sim/provider/fault-parameters.ts'
import { NAMED_FAULTS } from '../../sim/provider/fault-table.ts'
import { parametersOf, readFaultOrder } from '../../sim/provider/named-fault.ts'
import { EXIT, UsageError } from './cli/exit.ts'
import { type Command, type CommandContext, describeOptions, HELP, type Options, parse } from './cli/options.ts'
import { plain } from './cli/terminal.ts'
import { simulatorAddress, simulatorAt } from './simulate/simulator.ts'

const OPTIONS: Options = {
  ...Object.fromEntries(
    FAULT_PARAMETERS.map(({ name, help, text }) => [name, { type: 'string', value: text ? 'TEXT' : 'N', help }]),
  ),
  url: { type: 'string', value: 'URL', help: 'the simulator; default: the one of npm start (LIFESIGN_SIMULATOR_PORT)' },
  ...HELP,
}

const COMMON = ['seconds', 'from', 'rate', 'count']
const faultLines = Object.entries(NAMED_FAULTS).map(([name, fault]) => {
  const own = parametersOf(fault).filter((parameter) => !COMMON.includes(parameter))
  return `  ${name.padEnd(20)}${fault.does}${own.map((parameter) => ` [--${parameter}]`).join('')}`
})

export const simulate: Command = {
  name: 'simulate',
  summary: 'break the simulated provider of the local fleet for some seconds',
  help: `Usage: lifesign simulate FAULT [--seconds N] [options]
       lifesign simulate list      the faults that run, and until when
       lifesign simulate off       end all of them

Faults run beside each other. The simulator ends each by itself after its seconds (60 unless you say
more), even if this command is killed. Only a simulator on this machine is accepted. All take --from, and all but limits
and unreachable --rate and --count.

${faultLines.join('\n')}

${describeOptions(OPTIONS)}

Exit codes: 0 done, 2 bad usage, 4 no simulator answers.`,
  async run(args, context) {
    if (args.some((arg) => /^--(stage|queue-url|region)\b/.test(arg)))
      throw new UsageError('simulate works on this machine only: it has no --stage, --region and --queue-url')
    const { values, positionals } = parse(joinNegatives(args), OPTIONS, true)
    const [name, ...more] = positionals
    if (name === undefined || more.length > 0)
      throw new UsageError(`say one fault, \`list\` or \`off\`; faults are ${Object.keys(NAMED_FAULTS).join(', ')}`)
    const { url, ...given } = values
    const parameters = Object.fromEntries(
      FAULT_PARAMETERS.flatMap(({ name: key, text }) => {
        const value = given[key]
        return value === undefined ? [] : [[key, text ? value : numberOf(value)]]
      }),
    )
    const address = simulatorAddress(typeof url === 'string' ? url : undefined, context.env)
    if (name === 'list') return list(address, context)
    if (name === 'off') return off(address, context)
    return start(address, { ...parameters, name }, context)
  },
}

/** `--seconds -5` as `--seconds=-5`, so that it is refused as a number and not as an unknown option. */
function joinNegatives(args: string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const last = joined.at(-1)
    if (/^-[\d.]/.test(arg) && last !== undefined && /^--[^=]+$/.test(last)) joined.splice(-1, 1, `${last}=${arg}`)
    else joined.push(arg)
  }
  return joined
}

/** Text that is no number stays what it is, and is refused by what reads the order. */
const numberOf = (value: unknown): unknown => (String(value).trim() === '' ? value : Number(value))

async function start(
  address: string,
  asked: Record<string, unknown>,
  { env, terminal }: CommandContext,
): Promise<number> {
  const order = readFaultOrder(asked)
  if ('problem' in order) throw new UsageError(order.problem)
  const { does, look, seconds, from, until } = await simulatorAt(address).start(asked)
  const health = `http://127.0.0.1:${env.LIFESIGN_PORT || '8080'}`
  terminal.out(`${order.name}: ${plain(does)}
until    ${at(until)}, ${seconds} s from ${order.from === 0 ? 'now' : at(from)}; \`lifesign simulate off\` ends it at once
look at  ${health}/status, ${health}/health/ready or \`lifesign status\`
expect   ${plain(look)}`)
  return EXIT.ok
}

async function list(address: string, { terminal }: CommandContext): Promise<number> {
  const running = await simulatorAt(address).running()
  if (running.length === 0) terminal.err('no fault runs')
  for (const { name, from, until } of running)
    terminal.out(`${plain(name).padEnd(20)}from ${at(from)} until ${at(until)}`)
  return EXIT.ok
}

async function off(address: string, { terminal }: CommandContext): Promise<number> {
  const ended = await simulatorAt(address).end()
  const names = ended.map(({ name }) => plain(name)).join(', ')
  terminal.out(`off: the simulated provider is as it was at the start${names === '' ? '' : `; ended: ${names}`}`)
  return EXIT.ok
}

const at = (ms: number): string => new Date(ms).toISOString()
