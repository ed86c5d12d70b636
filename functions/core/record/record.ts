import type { Mode } from '../admission/item/admission.ts'
import type { DriftMemory } from '../admission/places/drift.ts'
import type { Evidence } from '../evidence/evidence.ts'
import type { MinuteBucket } from '../outcome/minutes.ts'
import type { Summary } from '../outcome/summary.ts'
import type { JudgedStatus, TraceEntry, Verdict } from '../rules/rule.ts'
import type { RunningHistory } from './history-bucket.ts'

export type Status = JudgedStatus | 'unknown'

export interface ReadinessRecord {
  schema: 1
  /** Fences the write; each sweep adds one. */
  version: number
  /**
   * The time up to which the evidence reaches: the time of the sweep, or an earlier one while outcomes are still
   * unread.
   */
  sweptAt: number
  /** The verdict after hysteresis, which is shown. At the top level, so that other programs can read it. */
  status: JudgedStatus
  mode: Mode
  activeProvider: string | null
  issues: string[]
  warnings: string[]
  trace: TraceEntry[]
  /** This sweep's own verdict, which the alarms use. */
  raw: Verdict
  /** Consecutive sweeps with a bad raw verdict, and sweeps without an issue that hysteresis holds. */
  badSweeps: number
  goodSweeps: number
  /** The time of the last sweep that was counted there. Two sweeps of one period count once. */
  countedAt: number
  /** Rule (and its subject, as in `low_balance=captchaai`) → when it began to fire without a break, milliseconds. */
  since: Record<string, number>
  /** Outcomes up to this time are in `folded`; later ones are read again. */
  cursor: number
  folded: Summary
  foldedMinutes: MinuteBucket[]
  /** What the sweeps remember to find places in the admission item that no task has. Null: nothing yet. */
  drift: DriftMemory | null
  /** Changes of the shown state, the latest first. */
  changes: StateChange[]
  /** Null: the record was written before there was a history. */
  history: RunningHistory | null
  evidence: Evidence
}

/**
 * From `at` on the views showed `status`. `reasons`: the issues, or without any the warnings, of the sweep that changed
 * it.
 */
export interface StateChange {
  at: number
  status: Status
  reasons: string[]
}

/** What every view shows at one moment: the record, read at `now`. `viewOf` in core/record/view.ts computes it. */
export interface View {
  status: Status
  mode: Mode
  issues: string[]
  warnings: string[]
  trace: TraceEntry[]
  sweptAt: number | null
  ageSeconds: number | null
  maxAgeSeconds: number
  /** The record, if it could be read. */
  record: ReadinessRecord | null
}

/** The result of reading the record. */
export type RecordReading =
  | { kind: 'record'; record: ReadinessRecord; readAt: number }
  | { kind: 'missing'; readAt: number }
  /** Corrupt, of another schema, or from the future. */
  | { kind: 'unreadable'; why: string; readAt: number }
  /** The table has not answered since `failingSince`; `last` is the last known record, if any. */
  | { kind: 'unreachable'; failingSince: number; last: ReadinessRecord | null; readAt: number }
