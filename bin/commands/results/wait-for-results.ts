import { EXIT } from '../cli/exit.ts'
import type { OutgoingTask } from './messages.ts'
import { exitCodeOf, type ReceivedResult } from './result-message.ts'
import { type PauseFor, type ResultQueue, realPause, takeResults } from './take-results.ts'
import type { ReadTaskStatus, TaskStatus } from './task-status.ts'

/** The outcome of waiting for one task, as far as this process knows it. */
export type WaitOutcome =
  | { kind: 'result'; result: ReceivedResult }
  /** The task is solved, but another reader received the result, and the table has no solution. */
  | { kind: 'taken' }
  | { kind: 'none' }

export const outcomeExitCode = (outcome: WaitOutcome): number =>
  outcome.kind === 'result' ? exitCodeOf(outcome.result) : EXIT.noResult

export type AwaitedTask = Pick<OutgoingTask, 'taskId' | 'reply'>

/** How often the table is read about the open tasks, and about how many of them at most. */
const POLL = { everyMs: 1000, tasks: 10 }
/** If a task is settled in the table and its result has not arrived after this time, another reader has received it. */
const TAKEN_AFTER_MS = 5000

interface Watch {
  onOutcome(taskId: string, outcome: WaitOutcome): void
  onStatus(taskId: string, status: TaskStatus): void
  /** The table was read and does not have the task. */
  onNothing(taskId: string): void
}

/**
 * Waits until each task has an outcome. The result queue decides. If the table can be read, it shows the progress of a
 * task, has the results that are sent nowhere else (reply record), and shows that another reader received our result.
 */
export async function waitForResults(
  tasks: AwaitedTask[],
  { results, read }: { results: ResultQueue; read: ReadTaskStatus | undefined },
  until: number,
  watch: Watch,
  stop: AbortSignal,
  pauseFor: PauseFor = realPause,
): Promise<void> {
  const open = new Map(tasks.map((task) => [task.taskId, task]))
  const onQueue = new Set(tasks.filter(({ reply }) => reply !== 'record').map(({ taskId }) => taskId))
  const done = new AbortController()
  const end = (taskId: string, outcome: WaitOutcome) => {
    onQueue.delete(taskId)
    if (open.delete(taskId)) watch.onOutcome(taskId, outcome)
    if (open.size === 0) done.abort()
  }
  const both = AbortSignal.any([stop, done.signal])
  const polling =
    read === undefined ? Promise.resolve() : pollTable(open, read, until, { ...watch, onOutcome: end }, both, pauseFor)
  try {
    await takeResults(
      results,
      onQueue,
      () => until,
      (result) => end(result.taskId, { kind: 'result', result }),
      both,
      pauseFor,
    )
    if (open.size > 0) await polling
  } finally {
    done.abort()
    await polling
  }
  if (!stop.aborted) for (const taskId of [...open.keys()]) end(taskId, { kind: 'none' })
}

/**
 * Reads the table while waiting. If the table does not answer, only the progress is missing: the result queue decides.
 */
async function pollTable(
  open: Map<string, AwaitedTask>,
  read: ReadTaskStatus,
  until: number,
  watch: Watch,
  stop: AbortSignal,
  pauseFor: PauseFor,
) {
  const settledSince = new Map<string, number>()
  while (open.size > 0 && !stop.aborted && Date.now() < until) {
    for (const task of toAsk(open)) {
      const status = await read(task.taskId).catch(() => null)
      if (status === null || stop.aborted || !open.has(task.taskId)) continue
      if (status === undefined) {
        watch.onNothing(task.taskId)
        continue
      }
      watch.onStatus(task.taskId, status)
      const outcome = outcomeFrom(task, status, settledSince)
      if (outcome !== undefined) watch.onOutcome(task.taskId, outcome)
    }
    await pauseFor(POLL.everyMs, stop)
  }
}

/** Few tasks are all followed. Of many tasks, only those whose result is in the table alone. */
const toAsk = (open: Map<string, AwaitedTask>): AwaitedTask[] => {
  const all = [...open.values()]
  return all.length <= POLL.tasks ? all : all.filter(({ reply }) => reply === 'record')
}

function outcomeFrom(task: AwaitedTask, { result }: TaskStatus, since: Map<string, number>): WaitOutcome | undefined {
  if (result === undefined) return undefined
  if (task.reply === 'record') return { kind: 'result', result }
  const first = since.get(task.taskId) ?? Date.now()
  since.set(task.taskId, first)
  if (Date.now() - first < TAKEN_AFTER_MS) return undefined
  return result.status === 'solved' && result.solution === undefined ? { kind: 'taken' } : { kind: 'result', result }
}
