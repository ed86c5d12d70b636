import type { FailureClass } from '../../provider/error-class.ts'
import type { Breaker, Lease } from '../breaker/breaker-state.ts'

/**
 * What must be exact for the whole fleet, in one item of the table (`fleet`, `admission`). Nothing exact rests on the
 * counts of SQS, which may be a minute old. Times are milliseconds since 1970.
 */
export interface Admission {
  /** Changes with every change of `control`. What was computed from one epoch holds in that epoch only. */
  epoch: number
  counts: Counters
  control: Control
}

/**
 * Numbers that change with every batch. They are changed by adding, under a bound, so writers that do not know of each
 * other stay exact. A name that is absent counts as 0. The names are in counters.ts.
 */
export type Counters = Readonly<Record<string, number>>

/** What changes seldom. It is replaced as a whole, fenced by `epoch`. */
export interface Control {
  schema: 1
  mode: Mode
  route: Route
  pause: Pause | null
  /** Tasks settled per second of the last minutes, as the last sweep estimated it; null: not known. */
  drainPerSecond: number | null
  /** UTC hour and day (`2026-11-21T17`, `2026-11-21`) that the spend counters are of; null: no limit is set. */
  spend: { hour: string; day: string } | null
  /** Provider → what the fleet knows about it. */
  providers: Record<string, ProviderControl>
  /** Callbacks tell of most solutions, so polls are a slow fallback. */
  callbacks: boolean
  /** Method → observed waits in seconds. Absent: the method's table. */
  waits: Record<string, Waits>
}

export type Mode = 'normal' | 'degraded' | 'emergency'

/** Where new tasks go. Tasks in flight stay with the provider that has them. */
export interface Route {
  active: string
  /** When it last changed, 0: never. No second change before `dwellSeconds` have passed. */
  since: number
  /** Consecutive sweeps that found the active provider bad, and a preferred one good. */
  badSweeps: number
  goodSweeps: number
}

/** A person's pause. Neither a sweep nor a deployment ends it. */
export interface Pause {
  by: string
  at: number
  /** At most 120 characters. */
  reason: string
}

interface Wait {
  until: number
  class: FailureClass
  code: string
}
/**
 * `asked`: the shorter wait that the provider asked for while it had no funds. It holds also when the funds are there.
 */
interface Hold extends Wait {
  asked?: Wait | undefined
}

export interface ProviderControl {
  breaker: Breaker
  /** No submit is sent until then, because the provider asked for that (rate, blocked) or has no funds. */
  hold: Hold | null
  /** Fingerprints of keys; see fingerprintOf. */
  key: KeyControl
  /** The plan's threads, where the provider tells them; null: not known. */
  threads: number | null
  /** The limit that the fleet found by itself, from answers that no thread is free; null: none was met. */
  learned: { limit: number; at: number; raiseAfterSeconds: number } | null
}

export interface KeyControl {
  /** The key that the provider last accepted. */
  good: string | null
  refused: { fingerprint: string; at: number; code: string } | null
  /** One request alone probes a key that is neither good nor refused. The lease ends by itself if its holder dies. */
  lease: Lease | null
}

/** Seconds from the submit to the first poll, between polls, and of the fast decile of the solve times. */
export interface Waits {
  first: number
  interval: number
  fast: number
}

/** The result of reading the item. */
export type AdmissionReading =
  | { kind: 'admission'; admission: Admission }
  | { kind: 'missing' }
  /** Corrupt, or written by a later version. Nothing is paid for until a sweep has replaced it. */
  | { kind: 'unreadable'; why: string }

/** One conditional write. Everything in it takes place or nothing does. */
export interface AdmissionChange {
  /** The write takes place in this epoch only. Absent: in any. */
  epoch?: number
  /** Counter → the most that it may be before the write. */
  most?: Counters
  /** Counter → what is added to it. */
  add?: Counters
  /** Counter → its new value. Only together with `epoch`. */
  set?: Counters
  /** Replaces the control and begins a new epoch. Only together with `epoch`. */
  control?: Control
}
