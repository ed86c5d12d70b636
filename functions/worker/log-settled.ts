import type { Log } from '../core/ports.ts'
import type { Result } from '../core/task/task.ts'

/**
 * The one line that tells how a task ended: written by whoever settled it, once its write was applied, and by nobody
 * else. Never the solution, nor the error's text, which may name what a client sent.
 */
export function logSettled(log: Log, { taskId, status, error, provider, enqueuedAt, settledAt }: Result): void {
  const seconds = Math.max(0, Date.parse(settledAt) - Date.parse(enqueuedAt)) / 1000
  log('info', 'settled', {
    taskId,
    status,
    code: error?.code,
    class: error?.class,
    while: error?.while,
    provider,
    seconds,
  })
}
