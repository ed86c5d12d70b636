import { UsageError } from './cli/exit.ts'
import { type Command, describeOptions, HELP, type Options, parse, TARGET, TARGET_NOTE } from './cli/options.ts'
import { targetOf } from './fleet/target.ts'
import { NOTHING_KNOWN } from './results/report.ts'
import { EXIT_NOTE, prepareWait, WAIT, waitFor } from './results/waiting.ts'

const RESULT = { ...WAIT, ...TARGET, ...HELP } as const satisfies Options

export const result: Command = {
  name: 'result',
  summary: 'wait for the results of tasks that were sent before',
  help: `Usage: lifesign result TASK-ID.. [options]

${describeOptions(RESULT)}

${TARGET_NOTE}
${EXIT_NOTE}`,
  async run(args, context) {
    const { values, positionals } = parse(args, RESULT, true)
    if (positionals.length === 0) throw new UsageError('which task? say its id')
    const tasks = [...new Set(positionals)].map((taskId) => ({ taskId, reply: 'queue' as const }))
    const wait = await prepareWait(targetOf(values, context.env), tasks, values.wait)
    return waitFor(tasks, wait, context, values.json === true, NOTHING_KNOWN)
  },
}
