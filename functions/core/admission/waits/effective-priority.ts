import type { Priority } from '../../task/task.ts'

/** From the least urgent on. */
const ORDER: readonly Priority[] = ['low', 'normal', 'high', 'critical']
const STEPS = 3

/** A task's priority rises one step for each third of its deadline that it has waited, so that no task starves. */
export function effectivePriority(
  { priority, enqueuedAt, deadlineAt }: { priority: Priority; enqueuedAt: number; deadlineAt: number },
  now: number,
): Priority {
  const waited = Math.min(1, Math.max(0, (now - enqueuedAt) / (deadlineAt - enqueuedAt)))
  const rank = ORDER.indexOf(priority) + Math.floor(STEPS * waited)
  return ORDER[Math.min(rank, ORDER.length - 1)] ?? priority
}

/** Sorts the more urgent first. */
export const byUrgency = (a: Priority, b: Priority): number => ORDER.indexOf(b) - ORDER.indexOf(a)
