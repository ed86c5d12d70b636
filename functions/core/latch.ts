import { codeOf } from './issue-code.ts'
import type { ReadinessRecord, Verdict } from './readiness.ts'

export interface LatchSettings {
  enterNotReadySweeps: number
  leaveNotReadySweeps: number
}

/** The part of the record that is shown, and what it remembers for that. */
export type Shown = Pick<ReadinessRecord, 'status' | 'issues' | 'warnings' | 'trace' | 'badSweeps' | 'goodSweeps'>

/**
 * What is shown enters and leaves not ready by separate counts of sweeps, so that a reading that flaps around a
 * threshold makes one transition each way. `counts` false: this sweep repeats one of the same period.
 *
 * Kept not ready by the latch alone, the reasons are those of the last bad sweep; not yet not ready, they are shown as
 * warnings: no 503 without a reason, and no reason that is not seen.
 */
export function latch(last: Shown | null, raw: Verdict, counts: boolean, settings: LatchSettings): Shown {
  const bad = raw.status === 'not_ready'
  const badSweeps = timesInARow(last?.badSweeps ?? 0, bad, counts)
  const goodSweeps = timesInARow(last?.goodSweeps ?? 0, !bad, counts)
  const sweeps = { badSweeps, goodSweeps }
  const { status, issues, warnings, trace } = raw
  if (last?.status === 'not_ready' && !bad && goodSweeps < settings.leaveNotReadySweeps) {
    const reasons = new Set(last.issues.map(codeOf))
    const kept = last.trace.filter(({ rule }) => reasons.has(rule))
    return { ...sweeps, status: 'not_ready', issues: last.issues, warnings, trace: [...kept, ...trace] }
  }
  if (last !== null && last.status !== 'not_ready' && bad && badSweeps < settings.enterNotReadySweeps)
    return { ...sweeps, status: 'degraded', issues: [], warnings: [...issues, ...warnings], trace }
  return { ...sweeps, status, issues, warnings, trace }
}

/** One more where `holds`, none where not; a repeated sweep adds nothing. */
export function timesInARow(before: number, holds: boolean, counts: boolean): number {
  if (!holds) return 0
  return counts ? before + 1 : Math.max(before, 1)
}
