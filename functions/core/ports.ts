import type { Admission, AdmissionChange, AdmissionReading } from './admission/item/admission.ts'
import type { KeyUse } from './admission/route/key-rules.ts'
import type { Message, OutgoingMessage, QueueName } from './message/message.ts'
import type { OutcomeItem } from './outcome/summary.ts'
import type { BalanceAnswer, ResultAnswer, SubmitAnswer, ThreadsAnswer } from './provider/answers.ts'
import type { SubmitRate } from './provider/profiles.ts'
import type { DeepRun } from './record/deep-run.ts'
import type { HistoryBucket, Span } from './record/history-bucket.ts'
import type { Metric } from './record/metrics.ts'
import type { ReadinessRecord } from './record/record.ts'
import type { Applied, TaskTransition } from './task/lifecycle.ts'
import type { Task, TaskItem } from './task/task.ts'

/** What the use cases ask of the world. Expected outcomes are returned; a port that cannot answer throws. */

export interface Clock {
  /** Milliseconds since 1970, by the table's clock where it is known (see adapters/system/server-clock.ts). */
  now(): number
  sleep(milliseconds: number): Promise<void>
}

export interface Ids {
  /** At least 128 unguessable bits, as lower-case hex. */
  secret(): string
  /** Uniform in [0, 1). */
  fraction(): number
}

/** Writes one JSON line. Named fields only: never a key, solution, proxy, token, body or whole event. */
export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Record<string, string | number | boolean | null | undefined>,
) => void

export interface TaskStore {
  /**
   * One conditional write; a read only where it was refused. Our own write, retried, counts as applied. Throws after
   * `withinMs` milliseconds without an answer: whether the write took place is then not known.
   */
  apply(transition: TaskTransition, withinMs?: number): Promise<Applied>
  /** Consistent; an item past its TTL is absent. */
  read(taskId: string): Promise<TaskItem | undefined>
}

export interface OutcomeStore {
  write(item: OutcomeItem): Promise<void>
  /** Whether this invocation's item was written with a time in [from, to] (milliseconds). Reads one shard. */
  has(invocation: string, from: number, to: number): Promise<boolean>
  /**
   * Items of one shard with `after < at <= until`, oldest first, at most `limit`. `more`: there may be others, all of
   * them later than the last one given.
   */
  list(shard: number, after: number, until: number, limit: number): Promise<{ items: OutcomeItem[]; more: boolean }>
}
export interface MessageSender {
  /** In batches of ten; answers, in order, whether each was sent. Never throws for a single message. */
  send(queue: QueueName, messages: OutgoingMessage[]): Promise<boolean[]>
}
export interface VisibilityPort {
  /** Hides each poll message for that many seconds from now; best effort, answers whether each was done. */
  extend(holds: { receipt: string; seconds: number }[]): Promise<boolean[]>
}
export interface QueueDepths {
  /** Approximate counts: visible, received and not deleted, delayed. */
  read(queue: QueueName): Promise<{ visible: number; hidden: number; delayed: number }>
}

export interface Provider {
  readonly name: string
  readonly billing: 'balance' | 'threads'
  /** The most submits that it permits; absent: it names no limit. */
  readonly submitRate?: SubmitRate | undefined
  /** Never throws for anything the provider or the network does. Ends within `providerTimeoutSeconds`. */
  submit(task: Task, pingbackUrl?: string): Promise<SubmitAnswer>
  result(captchaId: string): Promise<ResultAnswer>
  balance(): Promise<BalanceAnswer>
  threads(): Promise<ThreadsAnswer>
}

export interface AdmissionStore {
  /** Consistent. */
  read(): Promise<AdmissionReading>
  /**
   * One conditional write. `reading`: the item after the write, or the item that the write did not fit. It is never
   * sent twice, because its additions would count twice. Throws without an answer: whether it took place is then not
   * known.
   */
  write(change: AdmissionChange): Promise<{ applied: boolean; reading: AdmissionReading }>
  /** Stores an item where there is none, or one that cannot be read. */
  create(admission: Admission): Promise<{ applied: boolean; reading: AdmissionReading }>
}

/**
 * What the whole fleet knows about the API keys, by their fingerprints; the rules are in core/admission/route/key-rules.ts.
 * No method throws: what cannot be read is `unknown`.
 */
export interface SharedKeys {
  /** The code with which this very key was refused; null: it was not, or that is not known. */
  refusalOf(provider: string, fingerprint: string): Promise<string | null>
  /** What this caller may do with the key. `probe`: it has the lease now, and reports the result. */
  useOf(provider: string, fingerprint: string): Promise<KeyUse | { kind: 'unknown' }>
  /**
   * The answer to a request with this key. `inconclusive`: it says nothing about the key. `code` null: the key is good.
   */
  reportAnswer(provider: string, fingerprint: string, verdict: 'inconclusive' | { code: string | null }): Promise<void>
}

export interface RecordStore {
  /** `version`: of what cannot be read, where it has one; a sweep may write over it. */
  read(): Promise<{ record: ReadinessRecord | null } | { unreadable: string; version?: number | null }>
  /** Written only where the stored version is `previous` (null: none stored). Answers whether it was. */
  write(record: ReadinessRecord, previous: number | null): Promise<boolean>
}

/** Whether Lambda passes the messages of the task queue to submit. */
export interface Intake {
  read(): Promise<IntakeState>
  /**
   * Asks for the other state and answers the state just after that, mostly `changing`. While an earlier change is under
   * way nothing is changed. Only a later `read` tells whether the change was made.
   */
  set(open: boolean): Promise<IntakeState>
}
export type IntakeState = 'open' | 'shut' | 'changing'

export interface DeepRunStore {
  /** The last run that ended. Null: there is none, or none that can be read. */
  read(): Promise<DeepRun | null>
  /**
   * Takes the lease of the one run that the whole fleet may make at a time, in one conditional write. The lease ends at
   * `until` if its holder dies. `now` and `until` are milliseconds since 1970.
   */
  begin(id: string, now: number, until: number): Promise<{ kind: 'begun' } | { kind: 'running'; until: number }>
  /** Stores the run and gives the lease back. False: its lease had ended and another run has begun. */
  finish(run: DeepRun): Promise<boolean>
}

export interface HistoryStore {
  /** Stores a bucket that is over. A second save of the same hour or day replaces the first. */
  save(bucket: HistoryBucket): Promise<void>
  /**
   * The stored buckets with `from <= at <= to`, the oldest first. One query; an item that cannot be read is left out.
   */
  list(span: Span, from: number, to: number): Promise<HistoryBucket[]>
}

export interface MetricSink {
  publish(metrics: Metric[]): Promise<void>
}

/** What submit, collect and pingback all ask of the world. */
export interface WorkerPorts {
  tasks: TaskStore
  outcomes: OutcomeStore
  admission: AdmissionStore
  sender: MessageSender
  /** In order of preference. */
  providers: Provider[]
  clock: Clock
  log: Log
}

/** What a use case needs to know of its invocation. */
export interface Invocation {
  id: string
  /** When the function will be killed, by the clock of the use case. */
  endsAt: number
  /** The table never answered, so nobody knows what time it is: nothing that depends on it may be decided. */
  clockUnknown?: boolean
}

/** Answers the ids of the messages that must come back. */
export type BatchUseCase = (messages: Message[], invocation: Invocation) => Promise<string[]>
