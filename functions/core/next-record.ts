import { type EvidenceSettings, type Findings, weigh } from './evidence.ts'
import type { RuleSettings } from './finding.ts'
import type { Folded } from './fold.ts'
import { type LatchSettings, latch } from './latch.ts'
import type { ReadinessRecord } from './readiness.ts'
import { judge } from './verdict.ts'

export type RecordSettings = RuleSettings & EvidenceSettings & LatchSettings

/** The record after one sweep: pure, so that the same findings make the same record whoever found them. */
export function nextRecord(
  last: ReadinessRecord | null,
  found: Omit<Findings, 'counts'> & { folded: Folded },
  version: number,
  settings: RecordSettings,
): ReadinessRecord {
  const { now, reach, folded } = found
  // A sweep that repeats one of the same period sees what that one saw, and counts nowhere.
  const counts = last === null || now - last.countedAt >= 500 * settings.sweepSeconds
  const evidence = weigh(last, { ...found, counts }, settings)
  const { verdict, since } = judge(evidence, last?.since ?? {}, settings)
  return {
    schema: 1,
    version,
    sweptAt: reach,
    ...latch(last, verdict, counts, settings),
    mode: verdict.mode,
    activeProvider: evidence.activeProvider,
    raw: verdict,
    countedAt: counts ? now : last.countedAt,
    since,
    cursor: folded.cursor,
    folded: folded.summary,
    foldedMinutes: folded.minutes,
    evidence,
  }
}
