import { setTimeout as sleep } from 'node:timers/promises'
import { UsageError } from './cli/exit.ts'
import { type Command, type CommandContext, describeOptions, HELP, type Options, parse, TARGET } from './cli/options.ts'
import { targetOf } from './fleet/target.ts'
import { type Health, readHealth } from './status/read-health.ts'
import { statusLines, statusObject } from './status/told-status.ts'

const OPTIONS = {
  watch: { type: 'boolean', help: 'look again every few seconds, until Ctrl-C' },
  every: { type: 'string', value: 'SECONDS', help: 'with --watch: how often, default 5' },
  json: { type: 'boolean', help: 'as one JSON object a line' },
  url: { type: 'string', value: 'URL', help: 'the health URL of any other fleet' },
  stage: TARGET.stage,
  region: TARGET.region,
  ...HELP,
} as const satisfies Options

/** Scripts can use it as it is. */
const EXIT_CODES: Readonly<Record<Health['status'], number>> = { ready: 0, degraded: 1, not_ready: 2, unknown: 3 }

export const status: Command = {
  name: 'status',
  summary: 'whether the fleet solves tasks, why not, and what to do',
  help: `Usage: lifesign status [options]

Says what the status page says, in the same words. With LIFESIGN_HEALTH_TOKEN set, the token is sent
and the values are shown too.

${describeOptions(OPTIONS)}

Without --stage and --url the fleet that \`npm start\` runs on this machine is meant (LIFESIGN_PORT).
Exit codes: 0 ready, 1 degraded, 2 not ready (or bad usage), 3 unknown, also if nothing answers.`,
  async run(args, context) {
    const { values } = parse(args, OPTIONS, false)
    const seconds = secondsOf(values.every)
    if (values.every !== undefined && values.watch !== true) throw new UsageError('--every is for --watch')
    const url = values.url === undefined ? await targetOf(values, context.env).health() : addressOf(values.url)
    const look = () => readHealth(url, context.env.LIFESIGN_HEALTH_TOKEN, context.stop)
    const show = values.json === true ? showJson : showText
    if (values.watch !== true) {
      const health = await look()
      show(health, context)
      return EXIT_CODES[health.status]
    }
    const redraws = context.terminal.coloured && values.json !== true
    return watch(look, (health) => show(health, context), { seconds, redraws }, context)
  },
}

/**
 * Prints each change of the status, or, if it `redraws`, every reading in place of the last one. Ends with the exit
 * code of the last status.
 */
async function watch(
  look: () => Promise<Health>,
  show: (health: Health) => void,
  { seconds, redraws }: { seconds: number; redraws: boolean },
  { terminal, stop }: CommandContext,
): Promise<number> {
  let last: Health | undefined
  while (!stop.aborted) {
    const health = await look()
    if (stop.aborted) break
    if (redraws) terminal.out(`${CLEAR}${new Date().toISOString().slice(11, 19)} UTC`)
    if (redraws || saidOf(health) !== saidOf(last)) show(health)
    last = health
    await sleep(seconds * 1000, undefined, { signal: stop }).catch(() => {})
  }
  return EXIT_CODES[last?.status ?? 'unknown']
}

const CLEAR = '\x1b[H\x1b[2J'

/** Ages change with every reading, so a change of them alone is not printed. */
const saidOf = (health: Health | undefined): string => JSON.stringify({ ...health, ageSeconds: null })

const showJson = (health: Health, { terminal }: CommandContext): void =>
  terminal.out(JSON.stringify(statusObject(health)))

function showText(health: Health, { terminal }: CommandContext): void {
  for (const line of statusLines(health, Date.now(), terminal.coloured)) terminal.out(line)
}

function secondsOf(text = '5'): number {
  const seconds = Number(text)
  if (seconds >= 0.1 && seconds <= 3600) return seconds
  throw new UsageError('--every must be a number of seconds from 0.1 to 3600')
}

function addressOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new UsageError('--url is not a URL')
  return text.replace(/\/+$/, '')
}
