import type { View } from './record.ts'

/**
 * When the shown state began, in milliseconds since 1970; null: nobody knows. An unknown state began when the evidence
 * became stale or unreadable; every other state began with the change that the record keeps.
 */
export function stateSince({ status, trace, record }: View): number | null {
  const [change] = record?.changes ?? []
  if (status !== 'unknown') return change?.status === status ? change.at : null
  const since = Date.parse(trace[0]?.since ?? '')
  return Number.isNaN(since) ? null : since
}
