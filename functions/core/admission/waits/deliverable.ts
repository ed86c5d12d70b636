import { methodOf } from '../../provider/methods.ts'
import type { Task } from '../../task/task.ts'
import type { Control } from '../item/admission.ts'

/**
 * Whether a solution could still come in time: within the fast decile of the method's observed solve times, and as long
 * as none were observed within half the time until the first poll. A task that is not deliverable is not bought.
 */
export const isDeliverable = (
  task: Pick<Task, 'method' | 'params'>,
  remainingMs: number,
  known: { waits: Control['waits']; firstPollSeconds: number | null },
): boolean => remainingMs >= leastSeconds(task, known) * 1000

/** A task that is bought later than this many milliseconds from now would most likely be solved too late. */
export const usefulMsOf = (
  task: Pick<Task, 'method' | 'params'>,
  remainingMs: number,
  known: { waits: Control['waits']; firstPollSeconds: number | null },
): number => remainingMs - USUAL_SHARE * leastSeconds(task, known) * 1000
const USUAL_SHARE = 3

function leastSeconds(
  { method, params }: Pick<Task, 'method' | 'params'>,
  { waits, firstPollSeconds }: { waits: Control['waits']; firstPollSeconds: number | null },
): number {
  const first = firstPollSeconds ?? methodOf(method, params).firstPollSeconds
  const fast = Object.hasOwn(waits, method) ? waits[method]?.fast : undefined
  return fast ?? first / 2
}
