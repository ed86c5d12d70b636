import { timesInARow } from '../evidence/build-evidence.ts'
import { issueCode } from '../rules/issue.ts'
import type { Verdict } from '../rules/rule.ts'
import type { ReadinessRecord } from './record.ts'

export interface HysteresisSettings {
  enterNotReadySweeps: number
  leaveNotReadySweeps: number
}

/** The part of the record that is shown, and what it remembers for that. */
export type PublishedStatus = Pick<
  ReadinessRecord,
  'status' | 'issues' | 'warnings' | 'trace' | 'badSweeps' | 'goodSweeps'
>

/**
 * What is shown enters and leaves not ready by separate counts of sweeps, so that a reading that flaps around a
 * threshold makes one transition each way. `counts` false: this sweep repeats one of the same period.
 *
 * Kept not ready by the latch alone, the reasons are those of the last bad sweep; not yet not ready, they are shown as
 * warnings: no 503 without a reason, and no reason that is not seen.
 */
export function applyHysteresis(
  last: PublishedStatus | null,
  raw: Verdict,
  isNewPeriod: boolean,
  settings: HysteresisSettings,
): PublishedStatus {
  const bad = raw.status === 'not_ready'
  const badSweeps = timesInARow(last?.badSweeps ?? 0, bad, isNewPeriod)
  const goodSweeps = timesInARow(last?.goodSweeps ?? 0, !bad, isNewPeriod)
  const sweeps = { badSweeps, goodSweeps }
  const { status, issues, warnings, trace } = raw
  if (last?.status === 'not_ready' && !bad && goodSweeps < settings.leaveNotReadySweeps) {
    const reasons = new Set(last.issues.map(issueCode))
    const kept = last.trace.filter(({ rule }) => reasons.has(rule))
    return { ...sweeps, status: 'not_ready', issues: last.issues, warnings, trace: [...kept, ...trace] }
  }
  if (last !== null && last.status !== 'not_ready' && bad && badSweeps < settings.enterNotReadySweeps)
    return { ...sweeps, status: 'degraded', issues: [], warnings: [...issues, ...warnings], trace }
  return { ...sweeps, status, issues, warnings, trace }
}
