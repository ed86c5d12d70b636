import type { Task } from '../core/task/task.ts'

/**
 * What matters for solving, as one text that is equal for equal payloads: after parsing and defaults, key order
 * ignored. The digest of it tells a repeated task from another task under the same id. Priority, deadline and reply do
 * not change what is solved, so a producer may repeat a task with another of those.
 */
export function payloadText(task: Task): string {
  const params = Object.entries(task.params).sort(([a], [b]) => (a < b ? -1 : 1))
  const { method, sitekey = null, pageurl = null, proxy = null, proxytype = null } = task
  return JSON.stringify([method, sitekey, pageurl, params, proxy, proxytype])
}
