import type { ClaimedItem } from './task.ts'

/**
 * The address a provider calls back: the task, the attempt, and the task's secret (128 unguessable bits), which is what
 * makes a call believable enough to poll.
 */
export const pingbackAddress = (base: string, item: ClaimedItem): string | undefined =>
  item.token === undefined ? undefined : `${base}/${encodeURIComponent(item.taskId)}/${item.attempt}/${item.token}`

export interface Called {
  taskId: string
  attempt: string
  token: string
}

/** The last three parts of a path, or null where it is no address of ours. Never throws. */
export function readPingbackPath(path: string): Called | null {
  const [taskId, attempt, token] = path.split('/').filter(Boolean).slice(-3)
  if (taskId === undefined || attempt === undefined || token === undefined) return null
  try {
    return { taskId: decodeURIComponent(taskId), attempt, token }
  } catch {
    return null
  }
}
