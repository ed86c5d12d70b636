import { buildEvidence, type EvidenceSettings, type Observations } from '../evidence/build-evidence.ts'
import { isProven, type Recovery } from '../evidence/recovery.ts'
import type { Folded } from '../outcome/fold.ts'
import type { Summary } from '../outcome/summary.ts'
import type { RuleSettings } from '../rules/rule.ts'
import { judgeEvidence } from '../rules/verdict.ts'
import { changesAfter } from './changes.ts'
import { historyAfter } from './history.ts'
import { applyHysteresis, type HysteresisSettings } from './hysteresis.ts'
import type { ReadinessRecord } from './record.ts'

export type RecordSettings = RuleSettings & EvidenceSettings & HysteresisSettings

/** The record after one sweep. Pure, so that the same observations always make the same record. */
export function nextRecord(
  last: ReadinessRecord | null,
  found: Omit<Observations, 'isNewPeriod'> & { folded: Folded; newlyFolded: Summary },
  version: number,
  settings: RecordSettings,
): ReadinessRecord {
  const { now, watermark, folded } = found
  // A repeated sweep of one period has the same observations and is not counted.
  const isNewPeriod = last === null || now - last.countedAt >= 500 * settings.sweepSeconds
  const evidence = buildEvidence(last?.evidence ?? null, { ...found, isNewPeriod }, settings)
  const { verdict, since } = judgeEvidence(evidence, last?.since ?? {}, settings)
  // A breaker has a hysteresis of its own: once it has closed, the state that it made is not held.
  const hasRecovered =
    last !== null &&
    (evidence.usableAgainAt !== last.evidence.usableAgainAt ||
      (isProven(evidence.recovery) && !isSameProven(evidence.recovery, last.evidence.recovery)))
  const shown = applyHysteresis(last, verdict, { isNewPeriod, hasRecovered }, settings)
  return {
    schema: 1,
    version,
    sweptAt: watermark,
    ...shown,
    mode: verdict.mode,
    activeProvider: evidence.activeProvider,
    raw: verdict,
    countedAt: isNewPeriod ? now : last.countedAt,
    since,
    cursor: folded.cursor,
    folded: folded.summary,
    foldedMinutes: folded.minutes,
    drift: last?.drift ?? null,
    changes: changesAfter(last, shown, now, settings),
    history: historyAfter(last, now, found.newlyFolded, settings),
    evidence,
  }
}

const isSameProven = (now: Recovery, before: Recovery | null): boolean => isProven(before) && before.at === now.at
