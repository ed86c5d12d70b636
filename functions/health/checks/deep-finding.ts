import { type HealthContext, isoTime } from '../context.ts'
import type { Check } from './check.ts'

type DeepFinding = Pick<Check, 'status' | 'responseMs' | 'checkedAt' | 'ageSeconds' | 'evidence' | 'error' | 'reason'>

/**
 * What the last deep run found of this dependency, where that is the newest evidence: later than anything in `others`
 * (times of traffic and of the sweep's own calls), and not older than the evidence of a sweep may be. Else null.
 */
export function deepFindingOf(
  name: string,
  { lastRun, now, view }: Pick<HealthContext, 'lastRun' | 'now' | 'view'>,
  others: readonly (number | null)[],
): DeepFinding | null {
  const check = lastRun?.checks[name]
  if (lastRun === null || check === undefined) return null
  const { ranAt } = lastRun
  const isNewest = others.every((at) => at === null || at < ranAt)
  if (!isNewest || now - ranAt > view.maxAgeSeconds * 1000) return null
  const { status, responseMs, error, reason } = check
  const age = { checkedAt: isoTime(ranAt), ageSeconds: secondsSince(ranAt, now) }
  return { status, responseMs, error, reason, ...age, evidence: 'deep' }
}

const secondsSince = (at: number, now: number): number => Math.max(0, Math.floor((now - at) / 1000))
