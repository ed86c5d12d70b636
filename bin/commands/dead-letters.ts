import { EXIT } from './cli/exit.ts'
import { type Command, describeOptions, HELP, type Options, parse, TARGET, TARGET_NOTE } from './cli/options.ts'
import type { Terminal } from './cli/terminal.ts'
import type { DeadLetter } from './dead-letters/dead-letter.ts'
import { type Scan, scan } from './dead-letters/scan.ts'
import { orUnreachable } from './fleet/or-unreachable.ts'
import { Queue } from './fleet/queue.ts'
import { targetOf } from './fleet/target.ts'

const OPTIONS = {
  json: { type: 'boolean', help: 'as one JSON object' },
  ...TARGET,
  ...HELP,
} as const satisfies Options

const SAMPLES = 3

export const NOT_WHOLE = 'not all of the queue was seen: there are more'

export const deadLetters: Command = {
  name: 'dead-letters',
  summary: 'count dead letters by reason, with samples; nothing is moved',
  help: `Usage: lifesign dead-letters [options]

Looks at every message of the dead-letter queue and gives it back. Bodies are never shown.

${describeOptions(OPTIONS)}

${TARGET_NOTE}
Exit codes: 0 looked, 2 bad usage, 4 the queue cannot be reached.`,
  async run(args, { env, terminal, stop }) {
    const { values } = parse(args, OPTIONS, false)
    const target = targetOf(values, env)
    const queue = new Queue(target.sqs, await target.queue('deadLetters'))
    const seen = await orUnreachable(target.name, async () => {
      const found = await scan(queue, stop, (n) => terminal.status(`${n} seen`))
      await queue.giveBack(found.letters.map(({ message }) => message))
      return found
    })
    terminal.status('')
    if (values.json === true) terminal.out(JSON.stringify(asJson(seen)))
    else printCounts(terminal, seen)
    return stop.aborted ? EXIT.interrupted : EXIT.ok
  },
}

const sampleOf = ({ taskId, source, reason, firstSeen, parks }: DeadLetter) => {
  return { taskId, source, reason, firstSeen, parks }
}

function byCode(letters: DeadLetter[]): [code: string, letters: DeadLetter[]][] {
  const groups = Map.groupBy(letters, ({ code }) => code)
  return [...groups].sort(([, a], [, b]) => b.length - a.length)
}

const asJson = ({ letters, whole }: Scan) => ({
  total: letters.length,
  whole,
  reasons: Object.fromEntries(
    byCode(letters).map(([code, of]) => [code, { count: of.length, samples: of.slice(0, SAMPLES).map(sampleOf) }]),
  ),
})

/** Prints counts and samples for a person; also the preview of a redrive. */
export function printCounts(terminal: Terminal, { letters, whole }: Scan): void {
  if (letters.length === 0) terminal.out('no dead letters')
  for (const [code, of] of byCode(letters)) {
    terminal.out(`${String(of.length).padStart(6)}  ${code}`)
    for (const letter of of.slice(0, SAMPLES)) {
      const { taskId, reason, firstSeen, parks, source } = sampleOf(letter)
      const short = reason.length > 160 ? `${reason.slice(0, 159)}…` : reason
      terminal.out(`        ${taskId}  from ${source}, first seen ${firstSeen}, parked ${parks} times`)
      terminal.out(`          ${short}`)
    }
    if (of.length > SAMPLES) terminal.out(`        and ${of.length - SAMPLES} more`)
  }
  if (!whole) terminal.err(NOT_WHOLE)
}
