import { issueCode } from '../rules/issue.ts'
import type { View } from './record.ts'

/**
 * When the shown state began, in milliseconds since 1970; null: nobody knows. Mostly that is the change of state that
 * the record keeps. An unknown state began when the evidence became stale or unreadable, and a state that the admission
 * item changed since the last sweep began with the earliest of its reasons.
 */
export function stateSince({ status, issues, warnings, trace, record }: View): number | null {
  const [change] = record?.changes ?? []
  if (status !== 'unknown' && change?.status === status) return change.at
  const reasons = new Set((issues.length > 0 ? issues : warnings).map(issueCode))
  const times = trace.filter(({ rule }) => reasons.has(rule)).map(({ since }) => Date.parse(since ?? ''))
  const known = times.filter((at) => !Number.isNaN(at))
  return status === 'ready' || known.length === 0 ? null : Math.min(...known)
}
