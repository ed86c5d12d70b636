import { DEAD_LETTER } from '../../functions/contract/messages.ts'
import { EXIT } from './cli/exit.ts'
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
import { type DeadLetter, redriveLetter } from './dead-letters/dead-letter.ts'
import { scan } from './dead-letters/scan.ts'
import { NOT_WHOLE, printCounts } from './dead-letters.ts'
import { orUnreachable } from './fleet/or-unreachable.ts'
import { Queue } from './fleet/queue.ts'
import { type Target, targetOf } from './fleet/target.ts'

const OPTIONS = {
  reason: { type: 'string', value: 'CODE', help: `only those of this reason, for example ${DEAD_LETTER.invalidTask}` },
  'task-id': { type: 'string', value: 'ID', help: 'only those of this task' },
  yes: { type: 'boolean', help: 'move them without asking' },
  ...TARGET,
  ...HELP,
} as const satisfies Options

type Chosen = (letter: DeadLetter) => boolean

export const redrive: Command = {
  name: 'redrive',
  summary: 'move dead letters back to the queue they came from, after a preview',
  help: `Usage: lifesign redrive [--reason CODE] [--task-id ID] [--yes] [options]

Shows what would be moved and asks; where nobody can answer it only shows, unless --yes is given.
A moved message keeps its task id and first time of arrival, so nothing is paid for twice, and a
task past its deadline ends as expired without a charge.

${describeOptions(OPTIONS)}

${TARGET_NOTE}
Exit codes: 0 moved or shown, 1 some could not be moved or were not seen, 2 bad usage, 4 a queue cannot be reached, 130 interrupted.`,
  async run(args, context) {
    const { values } = parse(args, OPTIONS, false)
    const target = targetOf(values, context.env)
    const chosen: Chosen = ({ code, taskId }) =>
      (values.reason === undefined || code === values.reason) &&
      (values['task-id'] === undefined || taskId === values['task-id'])
    const queue = new Queue(target.sqs, await target.queue('deadLetters'))
    if (values.yes === true) return orUnreachable(target.name, () => move(queue, target, chosen, context))
    const found = await orUnreachable(target.name, () => preview(queue, chosen, context))
    if (context.stop.aborted) return EXIT.interrupted
    if (found === 0) return EXIT.ok
    const asked = context.terminal.confirm(`Move ${found} back?`)
    if (asked === null) context.terminal.err('nothing moved: add --yes')
    const agreed = await asked
    if (agreed === true) return orUnreachable(target.name, () => move(queue, target, chosen, context))
    return asked !== null && agreed === null ? EXIT.interrupted : EXIT.ok
  },
}

async function preview(queue: Queue, chosen: Chosen, { terminal, stop }: CommandContext): Promise<number> {
  const { letters, whole } = await scan(queue, stop, (n) => terminal.status(`${n} seen`))
  await queue.giveBack(letters.map(({ message }) => message))
  terminal.status('')
  const found = letters.filter(chosen)
  printCounts(terminal, { letters: found, whole })
  return found.length
}

/**
 * Moves ten messages at a time: they are sent first and then deleted, so that a crash in between makes a copy and never
 * loses a message.
 */
async function move(queue: Queue, target: Target, chosen: Chosen, { terminal, stop }: CommandContext): Promise<number> {
  const { letters, whole } = await scan(queue, stop, (n) => terminal.status(`${n} seen`))
  const wanted = letters.filter(chosen)
  const left = new Set(letters)
  let moved = 0
  try {
    for (const [source, from] of Map.groupBy(wanted, ({ source }) => source)) {
      const home = new Queue(target.sqs, await target.queue(source))
      for (let at = 0; at < from.length && !stop.aborted; at += 10) {
        const ten = from.slice(at, at + 10)
        const sent = await home.send(ten.map(redriveLetter))
        const gone = ten.filter((_, i) => sent[i] === true)
        await queue.delete(gone.map(({ message }) => message))
        for (const letter of gone) left.delete(letter)
        moved += gone.length
        terminal.status(`${moved} of ${wanted.length} moved`)
      }
    }
  } finally {
    await queue.giveBack([...left].map(({ message }) => message))
  }
  terminal.status('')
  terminal.out(`${moved} of ${wanted.length} moved`)
  if (stop.aborted) return EXIT.interrupted
  if (!whole) terminal.err(NOT_WHOLE)
  return whole && moved === wanted.length ? EXIT.ok : EXIT.failed
}
