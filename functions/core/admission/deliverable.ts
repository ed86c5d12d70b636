import { methodOf } from '../provider/methods.ts'
import type { Task } from '../task/task.ts'
import type { Control } from './admission.ts'

/**
 * Whether a solution could still come in time: within the fast decile of the method's observed solve times, and as long as
 * none were observed within half the time until the first poll. A task that is not deliverable is not bought.
 */
export function isDeliverable(
  { method, params }: Pick<Task, 'method' | 'params'>,
  remainingMs: number,
  { waits, firstPollSeconds }: { waits: Control['waits']; firstPollSeconds: number | null },
): boolean {
  const first = firstPollSeconds ?? methodOf(method, params).firstPollSeconds
  const fast = Object.hasOwn(waits, method) ? waits[method]?.fast : undefined
  return remainingMs >= (fast ?? first / 2) * 1000
}
