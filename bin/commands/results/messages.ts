import { randomUUID } from 'node:crypto'
import { problemText } from '../../../functions/core/message/problem-text.ts'
import type { Reply } from '../../../functions/core/task/task.ts'
import { parseTask } from '../../../functions/messages/parse-task.ts'
import { UsageError } from '../cli/exit.ts'
import type { CommandContext } from '../cli/options.ts'
import { paramsOf } from './params.ts'

/** A task message that is ready to be sent, checked by the same parser that submit uses. */
export interface OutgoingTask {
  taskId: string
  body: string
  deadlineSeconds: number
  reply: Reply
}

interface TaskFlags {
  'task-id'?: string | undefined
  sitekey?: string | undefined
  pageurl?: string | undefined
  method?: string | undefined
  param?: string[] | undefined
  proxy?: string | undefined
  proxytype?: string | undefined
  priority?: string | undefined
  deadline?: string | undefined
  reply?: string | undefined
}

/** The task of the command line. */
export async function taskFromFlags(flags: TaskFlags, input: CommandContext['input']): Promise<OutgoingTask> {
  const { sitekey, pageurl, method, proxy, proxytype, priority, reply } = flags
  const task = {
    ...(flags['task-id'] !== undefined && { taskId: flags['task-id'] }),
    ...defined({ method, sitekey, pageurl }),
    ...(flags.param && { params: await paramsOf(flags.param, method, input) }),
    ...defined({ proxy, proxytype: proxytype?.toUpperCase(), priority }),
    ...(flags.deadline !== undefined && { deadlineSeconds: Number(flags.deadline) }),
    ...defined({ reply }),
  }
  const made = parseTaskText(JSON.stringify(task))
  if ('problems' in made) throw new UsageError(problemText(made.problems))
  return made
}

/**
 * One task per line. Blank lines and lines that begin with # are skipped. Every wrong line is reported before any task
 * is sent.
 */
export function tasksFromLines(text: string): OutgoingTask[] {
  const messages: OutgoingTask[] = []
  const problems: string[] = []
  const seen = new Map<string, number>()
  for (const [index, line] of text.split('\n').entries()) {
    const number = index + 1
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const made = parseTaskText(line.trim())
    if ('problems' in made) problems.push(`line ${number}: ${problemText(made.problems)}`)
    else if (seen.has(made.taskId)) problems.push(`line ${number}: the task id of line ${seen.get(made.taskId)} again`)
    else {
      seen.set(made.taskId, number)
      messages.push(made)
    }
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'))
  if (messages.length === 0) throw new UsageError('the file holds no task')
  return messages
}

/** A task without an id gets one of ours, by which the result is found. */
function parseTaskText(body: string): OutgoingTask | { problems: string[] } {
  const made = randomUUID()
  const parsed = parseTask(body, made)
  if (parsed.kind === 'invalid') return { problems: parsed.problems }
  const { taskId, deadlineSeconds, reply } = parsed.task
  const named = taskId === made ? JSON.stringify({ taskId, ...JSON.parse(body) }) : body
  return { taskId, deadlineSeconds, reply, body: named }
}

const defined = (fields: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
