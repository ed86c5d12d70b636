import type { ErrorClass, FailureClass } from './errors.ts'
import type { AccountRefusal, Summary } from './outcome.ts'

/** The readiness record: what the last sweep saw and judged. Ages are never stored; they are computed when read. */

export type Mode = 'normal' | 'degraded' | 'emergency'
/** `unknown` is never stored: it is what a reader says of evidence that is missing, stale or unreadable. */
export type JudgedStatus = 'ready' | 'degraded' | 'not_ready'
export type Status = JudgedStatus | 'unknown'

/** One rule that speaks. `rule` is the code of the issue or warning, the text before `=`. */
export interface TraceEntry {
  rule: string
  observed: number | string | null
  threshold: number | string | null
  /** ISO 8601 of the sweep that first saw it, without a break since. */
  since: string | null
  /** Section of docs/runbook.md, for example `docs/runbook.md#consecutive-failures`. */
  runbook: string
}

export interface Verdict {
  status: JudgedStatus
  mode: Mode
  /** `consecutive_failures=12`; the closed list of DESIGN 3.6. */
  issues: string[]
  warnings: string[]
  trace: TraceEntry[]
}

/** One UTC minute of totals; the record keeps the last 60. `at`: start of the minute, milliseconds since 1970. */
export interface MinuteBucket {
  at: number
  solved: number
  failed: number
  expired: number
  /** For the error rate: see Summary.counted. */
  counted: number
  unknown: number
  accepted: number
  /** Messages that were tasks, and that were none. */
  received: number
  invalid: number
}

export interface ProviderFacts {
  name: string
  billing: 'balance' | 'threads'
  balance: number | null
  /** When that balance was read; the old value stays on an error. */
  balanceAt: number | null
  threads: { total: number; free: number } | null
  /** The last account call. */
  checkedAt: number | null
  responseMs: number | null
  error: { class: ErrorClass; code: string } | null
  /** Account calls in a row lost in transport. */
  lostCalls: number
  /** The first of those. */
  lostSince: number | null
  /** When this provider was first seen unusable (refused key, no funds, unreachable), without a break since. */
  unusableSince: number | null
  keyRefused: boolean
  /** What the workers were refused for the account's sake, while that stands; `at`: the last time. */
  workersRefused: (AccountRefusal & { at: number }) | null
}

export interface QueueFacts {
  /** Tasks waiting: visible, hidden and delayed messages of the task queue. */
  waiting: number
  /** Of those, the ones that a worker could receive now. */
  available: number
  /** Messages of the poll queue: tasks submitted and not settled. */
  inFlight: number
  deadLetters: number
}

/** Everything the verdict is judged from, as of `sweptAt`. */
export interface Evidence {
  /** When the sweep ran. */
  sweptAt: number
  startedAt: number
  queue: QueueFacts
  /** Totals since the fleet began, the younger outcomes included provisionally. */
  totals: Summary
  minutes: MinuteBucket[]
  /** Seconds with at least one unsettled task since the last solve. */
  demandSeconds: number
  /** Whether a task is unsettled now. */
  demand: boolean
  /** Since when tasks have been waiting without a break and without a submit being accepted; null: none waits. */
  waitingSince: number | null
  /** Age of the oldest waiting task as far as it is known: a lower bound. */
  backlogSeconds: number
  errorRate: number | null
  /** Sweeps in a row with an error rate above the emergency threshold. */
  badRateSweeps: number
  /** When the last outcome was written; null: none was ever seen. */
  lastOutcomeAt: number | null
  /** Worker → its last outcome, of the last two minutes. */
  workers: Record<string, number>
  /** Workers that wrote an outcome lately. */
  workersAlive: number
  providers: ProviderFacts[]
  activeProvider: string | null
  spendLimit: 'hour' | 'day' | null
  secretReadable: boolean
  paused: boolean
}

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

/** What every surface shows at one moment: the record, seen at `now`. Computed by `viewOf` in core/view.ts. */
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

export interface RecordStore {
  /** `version`: of what cannot be read, where it has one; a sweep may write over it. */
  read(): Promise<{ record: ReadinessRecord | null } | { unreadable: string; version?: number | null }>
  /** Written only where the stored version is `previous` (null: none stored). Answers whether it was. */
  write(record: ReadinessRecord, previous: number | null): Promise<boolean>
}

/** Values published each sweep (DESIGN 3.7). */
export interface Metric {
  name: string
  unit: 'None' | 'Count' | 'Seconds' | 'Percent'
  dimensions?: Record<string, string>
  value?: number
  /** Values with their counts, in place of one value. */
  values?: { value: number; count: number }[]
}
export interface MetricSink {
  publish(metrics: Metric[]): Promise<void>
}

export type FailureCounts = Partial<Record<FailureClass, number>>
