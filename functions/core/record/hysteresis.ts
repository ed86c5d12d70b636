import { timesInARow } from '../evidence/build-evidence.ts'
import { isHeld, issueCode } from '../rules/issue.ts'
import type { Verdict } from '../rules/rule.ts'
import type { ReadinessRecord } from './record.ts'

export interface HysteresisSettings {
  enterNotReadySweeps: number
  leaveNotReadySweeps: number
}

/** The part of the record that is shown, and the counts that hysteresis needs. */
export type PublishedStatus = Pick<
  ReadinessRecord,
  'status' | 'issues' | 'warnings' | 'trace' | 'badSweeps' | 'goodSweeps'
>

/**
 * The shown status becomes not_ready, and stops being not_ready, after separate numbers of sweeps. So a reading that
 * flaps around a threshold makes one transition each way. `isNewPeriod` false: an earlier sweep of the same period was
 * counted already; `hasRecovered` true: a breaker was closed since the last sweep, so nothing is held. While hysteresis
 * holds the status at not_ready, the issues of the last bad sweep are shown. While it delays not_ready, the issues are
 * shown as warnings. So every 503 has a reason, and every reason is visible. Only issues that compare a changing number
 * with a threshold are held. Every other one ends by a proof (a solve, an accepted submit or key, an answer of the
 * account), and a proof does not flap.
 */
export function applyHysteresis(
  last: PublishedStatus | null,
  raw: Verdict,
  { isNewPeriod, hasRecovered = false }: { isNewPeriod: boolean; hasRecovered?: boolean },
  settings: HysteresisSettings,
): PublishedStatus {
  const bad = raw.status === 'not_ready'
  const badSweeps = timesInARow(last?.badSweeps ?? 0, bad, isNewPeriod)
  const { status, issues, warnings, trace } = raw
  // An issue that is not held must not end the hold of another one either.
  const isGood = !issues.some(isHeld)
  const goodSweeps = timesInARow(last?.goodSweeps ?? 0, isGood, isNewPeriod)
  const sweeps = { badSweeps, goodSweeps }
  const held = last?.status === 'not_ready' ? last.issues.filter(isHeld) : []
  if (last !== null && held.length > 0 && isGood && goodSweeps < settings.leaveNotReadySweeps && !hasRecovered) {
    const reasons = new Set(held.map(issueCode))
    const kept = last.trace.filter(({ rule }) => reasons.has(rule))
    return { ...sweeps, status: 'not_ready', issues: [...issues, ...held], warnings, trace: [...kept, ...trace] }
  }
  if (last !== null && last.status !== 'not_ready' && bad && badSweeps < settings.enterNotReadySweeps)
    return { ...sweeps, status: 'degraded', issues: [], warnings: [...issues, ...warnings], trace }
  return { ...sweeps, status, issues, warnings, trace }
}
