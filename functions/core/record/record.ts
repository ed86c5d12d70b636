import type { Evidence } from '../evidence/evidence.ts'
import type { MinuteBucket } from '../outcome/minutes.ts'
import type { Summary } from '../outcome/summary.ts'
import type { JudgedStatus, Mode, TraceEntry, Verdict } from '../rules/rule.ts'

type Status = JudgedStatus | 'unknown'

export interface ReadinessRecord {
  schema: 1
  /** Fences the write: one more with every sweep. */
  version: number
  /** The moment up to which the evidence reaches: the sweep's own time, or earlier while it has outcomes to catch up on. */
  sweptAt: number
  /** What is shown: the verdict after hysteresis. Top-level, for outside readers. */
  status: JudgedStatus
  mode: Mode
  activeProvider: string | null
  issues: string[]
  warnings: string[]
  trace: TraceEntry[]
  /** This sweep's own verdict; what the alarms see. */
  raw: Verdict
  /** Sweeps in a row that were raw bad, and raw good. */
  badSweeps: number
  goodSweeps: number
  /** The sweep that last counted there: one that runs twice in a period counts once. */
  countedAt: number
  /** Rule (and its subject, as in `low_balance=captchaai`) → when it began to speak without a break, milliseconds. */
  since: Record<string, number>
  /** Outcomes up to this time are folded into `folded`; later ones are read again. */
  cursor: number
  folded: Summary
  foldedMinutes: MinuteBucket[]
  evidence: Evidence
}

/** What every surface shows at one moment: the record, seen at `now`. Computed by `viewOf` in core/record/view.ts. */
export interface View {
  status: Status
  mode: Mode
  issues: string[]
  warnings: string[]
  trace: TraceEntry[]
  sweptAt: number | null
  ageSeconds: number | null
  maxAgeSeconds: number
  /** The record, where it could be read. */
  record: ReadinessRecord | null
}

/** What reading the record came to. */
export type RecordReading =
  | { kind: 'record'; record: ReadinessRecord; readAt: number }
  | { kind: 'missing'; readAt: number }
  /** Corrupt, of another schema, or from the future. */
  | { kind: 'unreadable'; why: string; readAt: number }
  /** The table did not answer since `failingSince`; `last` is the last record known, if any. */
  | { kind: 'unreachable'; failingSince: number; last: ReadinessRecord | null; readAt: number }
