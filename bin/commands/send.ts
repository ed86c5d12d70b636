import { readFile } from 'node:fs/promises'
import { awaitEndings, type Waiting } from './await-endings.ts'
import { EXIT, Unreachable, UsageError } from './exit.ts'
import { type Message, messageFromWords, messagesFromLines } from './messages.ts'
import { type Command, describeOptions, HELP, type Options, parse, TARGET, TARGET_NOTE, type World } from './options.ts'
import { Queue } from './queue.ts'
import { reach } from './reach.ts'
import { reportMany, reportOne } from './report.ts'
import { standingReader } from './standing.ts'
import { type Target, targetOf } from './target.ts'

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
const WAIT = {
  wait: { type: 'string', value: 'SECONDS', help: 'give up waiting after; default: the deadline and 30 s' },
  json: { type: 'boolean', help: 'results as JSON, one a line' },
} as const satisfies Options
const SEND = {
  ...TASK,
  ...MANY,
  'no-wait': { type: 'boolean', help: 'print the task ids and leave' },
  ...WAIT,
  ...TARGET,
  ...HELP,
} as const satisfies Options

const GRACE_SECONDS = 30

export const EXIT_NOTE = `Exit codes: 0 solved (or sent, with --no-wait), 1 failed, 2 bad usage, 3 expired,
4 no result in time or the fleet cannot be reached, 130 interrupted. Of many tasks the highest counts.`

export const send: Command = {
  name: 'send',
  summary: 'send tasks and wait for their results',
  help: `Usage: lifesign send --sitekey KEY --pageurl URL [options]
       lifesign send --file FILE [options]

Sends a task to the task queue, waits for its result on the result queue and prints the solution
on standard output; everything else goes to standard error.

${describeOptions(SEND)}

${TARGET_NOTE}
${EXIT_NOTE}`,
  async run(args, world) {
    const { values } = parse(args, SEND, false)
    const messages = values.file === undefined ? [messageFromWords(values)] : await fromFile(values.file, values)
    const target = targetOf(values, world.env)
    const waiting = values['no-wait'] === true ? null : await prepareWait(target, messages, values.wait)
    const unsent = await sendAll(target, messages)
    if (waiting !== null && unsent.size === 0) return waitFor(messages, waiting, world, values.json === true)
    for (const { taskId } of messages)
      if (!unsent.has(taskId)) world.terminal.out(values.json === true ? JSON.stringify({ taskId }) : taskId)
    if (unsent.size === 0) return EXIT.ok
    throw new Unreachable(
      `${unsent.size} of ${messages.length} tasks were not sent: ${[...unsent].slice(0, 5).join(', ')}`,
    )
  },
}

async function fromFile(file: string, words: Record<string, unknown>): Promise<Message[]> {
  const clash = Object.keys(TASK).filter((name) => words[name] !== undefined)
  if (clash.length > 0) throw new UsageError(`--file holds whole tasks: leave --${clash.join(', --')} out`)
  const text = file === '-' ? await standardInput() : await readFile(file, 'utf8').catch(() => null)
  if (text === null) throw new UsageError(`the file ${file} cannot be read`)
  return messagesFromLines(text)
}

async function standardInput(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
  return text
}

async function sendAll(target: Target, messages: Message[]): Promise<Set<string>> {
  const tasks = new Queue(target.sqs, await target.queue('tasks'))
  const sent = await reach(target.name, () => tasks.send(messages))
  return new Set(messages.filter((_, i) => sent[i] !== true).map(({ taskId }) => taskId))
}

// ---------------------------------------------------------------- waiting, for send and result

interface Wait {
  target: Target
  results: Queue
  read: Awaited<ReturnType<typeof standingReader>>
  seconds: number
}

/** Before anything is sent: a result that could not be waited for would be paid for in vain. */
async function prepareWait(
  target: Target,
  tasks: (Waiting & { deadlineSeconds?: number })[],
  wait: string | undefined,
) {
  const longest = Math.max(...tasks.map(({ deadlineSeconds = 300 }) => deadlineSeconds))
  const seconds = wait === undefined ? longest + GRACE_SECONDS : Number(wait)
  if (!(seconds > 0)) throw new UsageError('--wait must be a number of seconds')
  const read = await standingReader(target)
  if (read === undefined && tasks.some(({ reply }) => reply === 'record'))
    throw new UsageError('--reply record puts the result into the table only: say --table, or --no-wait')
  return { target, results: new Queue(target.sqs, await target.queue('results')), read, seconds }
}

async function waitFor(tasks: Waiting[], wait: Wait, { terminal, stop }: World, json: boolean): Promise<number> {
  const only = tasks.length === 1
  const report = only ? reportOne(terminal, json, wait.seconds) : reportMany(terminal, json, tasks.length)
  const open = new Set(tasks.map(({ taskId }) => taskId))
  const watch = {
    onStanding: report.onStanding,
    onEnding: (...ending: Parameters<typeof report.onEnding>) => {
      open.delete(ending[0])
      report.onEnding(...ending)
    },
  }
  if (only && !terminal.live) terminal.err(`task ${tasks[0]?.taskId} sent to ${wait.target.name}`)
  const ticking = setInterval(report.tick, 250)
  try {
    const until = Date.now() + wait.seconds * 1000
    await reach(wait.target.name, () => awaitEndings(tasks, wait, until, watch, stop))
  } finally {
    clearInterval(ticking)
  }
  const code = report.close()
  if (!stop.aborted || open.size === 0) return code
  const few = [...open].slice(0, 3)
  terminal.err(`stopped waiting; ${open.size} of ${tasks.length} tasks go on without you. To look for one again:`)
  for (const taskId of few) terminal.err(`  npx lifesign result ${taskId}`)
  return EXIT.interrupted
}

// ---------------------------------------------------------------- result

const RESULT = { ...WAIT, ...TARGET, ...HELP } as const satisfies Options

export const result: Command = {
  name: 'result',
  summary: 'wait for the results of tasks that were sent before',
  help: `Usage: lifesign result TASK-ID.. [options]

${describeOptions(RESULT)}

${TARGET_NOTE}
${EXIT_NOTE}`,
  async run(args, world) {
    const { values, positionals } = parse(args, RESULT, true)
    if (positionals.length === 0) throw new UsageError('which task? say its id')
    const tasks = [...new Set(positionals)].map((taskId) => ({ taskId, reply: 'queue' as const }))
    const wait = await prepareWait(targetOf(values, world.env), tasks, values.wait)
    return waitFor(tasks, wait, world, values.json === true)
  },
}
