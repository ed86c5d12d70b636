import { EXIT, Unreachable, UsageError } from './cli/exit.ts'
import {
  type Command,
  type CommandContext,
  describeOptions,
  HELP,
  type Options,
  parse,
  TARGET,
  TARGET_NOTE,
} from './cli/options.ts'
import { readFileArgument } from './cli/read-file-argument.ts'
import { orUnreachable } from './fleet/or-unreachable.ts'
import { Queue } from './fleet/queue.ts'
import { type Target, targetOf } from './fleet/target.ts'
import { type OutgoingTask, taskFromFlags, tasksFromLines } from './results/messages.ts'
import { EXIT_NOTE, prepareWait, WAIT, waitFor } from './results/waiting.ts'

const TASK = {
  sitekey: { type: 'string', value: 'KEY', help: "the site's captcha key" },
  pageurl: { type: 'string', value: 'URL', help: 'the page that shows it' },
  method: { type: 'string', value: 'NAME', help: 'userrecaptcha (default), turnstile, hcaptcha, geetest, base64, ..' },
  param: { type: 'string', multiple: true, value: 'NAME=VALUE', help: "the provider's own parameter; repeatable" },
  proxy: { type: 'string', value: 'USER:PW@HOST:PORT', help: 'solve through this proxy' },
  proxytype: { type: 'string', value: 'TYPE', help: 'HTTP, HTTPS, SOCKS4 or SOCKS5' },
  priority: { type: 'string', value: 'LEVEL', help: 'low, normal (default), high or critical' },
  deadline: { type: 'string', value: 'SECONDS', help: '10 to 3600, default 300: after it a result is useless' },
  reply: { type: 'string', value: 'WHERE', help: 'queue (default), record (in the table) or both' },
  'task-id': { type: 'string', value: 'ID', help: 'an id of your own; the same id is solved once' },
} as const satisfies Options
const MANY = {
  file: {
    type: 'string',
    value: 'FILE',
    help: 'many tasks: one JSON task message a line, # comments; - is standard input',
  },
} as const satisfies Options
const SEND = {
  ...TASK,
  ...MANY,
  'no-wait': { type: 'boolean', help: 'print the task ids and leave' },
  ...WAIT,
  ...TARGET,
  ...HELP,
} as const satisfies Options

export const send: Command = {
  name: 'send',
  summary: 'send tasks and wait for their results',
  help: `Usage: lifesign send --sitekey KEY --pageurl URL [options]
       lifesign send --file FILE [options]

Sends a task to the task queue, waits for its result on the result queue and prints the solution
on standard output; everything else goes to standard error.

--param NAME=@FILE sends what is in a file (@- standard input): for the image of method base64 or
post its bytes in base64, otherwise its text without the last line break. NAME=@@x is the text @x.

${describeOptions(SEND)}

${TARGET_NOTE}
${EXIT_NOTE}`,
  async run(args, context) {
    const { values } = parse(args, SEND, false)
    const messages =
      values.file === undefined
        ? [await taskFromFlags(values, context.input)]
        : await fromFile(values.file, values, context.input)
    const target = targetOf(values, context.env)
    const waiting = values['no-wait'] === true ? null : await prepareWait(target, messages, values.wait)
    const unsent = await sendAll(target, messages)
    if (waiting !== null && unsent.size === 0) {
      const [only, more] = messages
      if (more === undefined) context.terminal.err(`task ${only?.taskId} sent to ${target.name}`)
      return waitFor(messages, waiting, context, values.json === true)
    }
    for (const { taskId } of messages)
      if (!unsent.has(taskId)) context.terminal.out(values.json === true ? JSON.stringify({ taskId }) : taskId)
    if (unsent.size === 0) return EXIT.ok
    throw new Unreachable(
      `${unsent.size} of ${messages.length} tasks were not sent: ${[...unsent].slice(0, 5).join(', ')}`,
    )
  },
}

async function fromFile(
  file: string,
  flags: Record<string, unknown>,
  input: CommandContext['input'],
): Promise<OutgoingTask[]> {
  const clash = Object.keys(TASK).filter((name) => flags[name] !== undefined)
  if (clash.length > 0) throw new UsageError(`--file holds whole tasks: leave --${clash.join(', --')} out`)
  return tasksFromLines((await readFileArgument(file, input)).toString('utf8'))
}

async function sendAll(target: Target, messages: OutgoingTask[]): Promise<Set<string>> {
  const tasks = new Queue(target.sqs, await target.queue('tasks'))
  const sent = await orUnreachable(target.name, () => tasks.send(messages))
  return new Set(messages.filter((_, i) => sent[i] !== true).map(({ taskId }) => taskId))
}
