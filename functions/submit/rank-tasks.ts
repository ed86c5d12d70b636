import type { Control } from '../core/admission/item/admission.ts'
import { isDeliverable, usefulMsOf } from '../core/admission/waits/deliverable.ts'
import { byUrgency, effectivePriority } from '../core/admission/waits/effective-priority.ts'
import type { Priority } from '../core/task/task.ts'
import type { Reservation } from './admitter.ts'
import { waitsForPlace } from './park-delay.ts'
import type { SubmitContext } from './ports.ts'
import type { TaskMessage } from './task-message.ts'

/**
 * So often a critical task comes back within seconds. Where more of them wait than places are given back, they queue.
 */
const QUICK_PARKS = 6

/** A task that can still be solved in time. */
interface Candidate {
  taskMessage: TaskMessage
  /** Its effective priority. */
  priority: Priority
  /** Milliseconds until it would most likely be solved too late. */
  usefulMs: number
}

/** The tasks that can be solved in time, the more urgent and then the older first, and those that cannot any more. */
export function rankTasks(
  { settings: { firstPollSeconds } }: Pick<SubmitContext, 'settings'>,
  tasks: readonly TaskMessage[],
  { now, waits }: { now: number; waits: Control['waits'] },
): { candidates: Candidate[]; tooLate: ReadonlySet<TaskMessage> } {
  const open = tasks.filter(({ deadlineAt }) => now < deadlineAt)
  const isInTime = ({ task, deadlineAt }: TaskMessage) =>
    isDeliverable(task, deadlineAt - now, { waits, firstPollSeconds })
  const ranked = open.filter(isInTime).map((taskMessage) => {
    const { task, taskAttributes, deadlineAt } = taskMessage
    const facts = { priority: task.priority, enqueuedAt: taskAttributes.enqueuedAt, deadlineAt }
    return {
      taskMessage,
      priority: effectivePriority(facts, now),
      enqueuedAt: facts.enqueuedAt,
      usefulMs: usefulMsOf(task, deadlineAt - now, { waits, firstPollSeconds }),
    }
  })
  return {
    candidates: ranked.sort((a, b) => byUrgency(a.priority, b.priority) || a.enqueuedAt - b.enqueuedAt),
    tooLate: new Set(open.filter((task) => !isInTime(task))),
  }
}

/**
 * Seconds until each task that found no place comes back, where it has a turn. A critical task has none at first: the
 * next place is kept for it.
 */
export async function turnsOf(
  { turns, ids }: Pick<SubmitContext, 'turns' | 'ids'>,
  candidates: readonly Candidate[],
  { granted, waiting }: Reservation,
): Promise<ReadonlyMap<TaskMessage, number | undefined>> {
  const isQuick = ({ taskMessage: { task, taskAttributes } }: Candidate) =>
    task.priority === 'critical' && taskAttributes.parks < QUICK_PARKS
  const left = waiting.byTurns ? candidates.slice(granted).filter((candidate) => !isQuick(candidate)) : []
  const seekers = left.map(({ taskMessage: { task, taskAttributes }, usefulMs }) => ({
    priority: task.priority,
    parks: taskAttributes.parks,
    usefulMs,
    fraction: ids.fraction(),
  }))
  const waits = await turns.take(seekers)
  return new Map(left.map(({ taskMessage }, n) => [taskMessage, waits?.[n]]))
}

/** Whether a critical task found no room. */
export const leavesCritical = (candidates: readonly Candidate[], { granted, waiting }: Reservation): boolean =>
  waitsForPlace(waiting.class) &&
  candidates.slice(granted).some(({ taskMessage: { task } }) => task.priority === 'critical')
