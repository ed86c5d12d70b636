import { EXIT, UsageError } from '../cli/exit.ts'
import type { CommandContext, Options } from '../cli/options.ts'
import { orUnreachable } from '../fleet/or-unreachable.ts'
import { Queue } from '../fleet/queue.ts'
import type { Target } from '../fleet/target.ts'
import { reportMany, reportOne, SENT } from './report.ts'
import { taskStatusReader } from './task-status.ts'
import { type AwaitedTask, waitForResults } from './wait-for-results.ts'

export const WAIT = {
  wait: { type: 'string', value: 'SECONDS', help: 'give up waiting after; default: the deadline and 30 s' },
  json: { type: 'boolean', help: 'results as JSON, one a line' },
} as const satisfies Options

export const EXIT_NOTE = `Exit codes: 0 solved (or sent, with --no-wait), 1 failed, 2 bad usage, 3 expired,
4 no result in time or the fleet cannot be reached, 130 interrupted. Of many tasks the highest counts.`

const GRACE_SECONDS = 30

interface Wait {
  target: Target
  results: Queue
  read: Awaited<ReturnType<typeof taskStatusReader>>
  seconds: number
}

/** Checks the waiting before anything is sent: otherwise a task would be paid for whose result cannot be received. */
export async function prepareWait(
  target: Target,
  tasks: (AwaitedTask & { deadlineSeconds?: number })[],
  wait: string | undefined,
) {
  const longest = Math.max(...tasks.map(({ deadlineSeconds = 300 }) => deadlineSeconds))
  const seconds = wait === undefined ? longest + GRACE_SECONDS : Number(wait)
  if (!(seconds > 0)) throw new UsageError('--wait must be a number of seconds')
  const read = await taskStatusReader(target)
  if (read === undefined && tasks.some(({ reply }) => reply === 'record'))
    throw new UsageError('--reply record puts the result into the table only: say --table, or --no-wait')
  return { target, results: new Queue(target.sqs, await target.queue('results')), read, seconds }
}

export async function waitFor(
  tasks: AwaitedTask[],
  wait: Wait,
  { terminal, stop }: CommandContext,
  json: boolean,
  first: Parameters<typeof reportOne>[3] = SENT,
): Promise<number> {
  const only = tasks.length === 1
  const report = only ? reportOne(terminal, json, wait.seconds, first) : reportMany(terminal, json, tasks.length)
  const open = new Set(tasks.map(({ taskId }) => taskId))
  const watch = {
    onStatus: report.onStatus,
    onNothing: report.onNothing,
    onOutcome: (...outcome: Parameters<typeof report.onOutcome>) => {
      open.delete(outcome[0])
      report.onOutcome(...outcome)
    },
  }
  const ticking = setInterval(report.tick, 250)
  const goOn = () => {
    const ids = [...open].slice(0, 3).map((taskId) => `  npx lifesign result ${taskId}${wait.target.flags}`)
    terminal.err([`${open.size} of ${tasks.length} tasks go on without you. To look for one again:`, ...ids].join('\n'))
  }
  try {
    const until = Date.now() + wait.seconds * 1000
    await orUnreachable(wait.target.name, () => waitForResults(tasks, wait, until, watch, stop))
  } catch (error) {
    goOn()
    throw error
  } finally {
    clearInterval(ticking)
  }
  const code = report.close()
  if (!stop.aborted || open.size === 0) return code
  goOn()
  return EXIT.interrupted
}
