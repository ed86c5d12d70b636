import type { ProviderFailure } from './errors.ts'
import type { Applied, TaskEvent } from './lifecycle.ts'
import type { OutcomeItem } from './outcome.ts'
import type { Solution, Task, TaskItem } from './task.ts'

/** What the use cases ask of the world. Expected outcomes are returned; a port that cannot answer throws. */

export interface Clock {
  /** Milliseconds since 1970, by the table's clock where it is known (see adapters/server-clock.ts). */
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
  apply(event: TaskEvent, withinMs?: number): Promise<Applied>
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

export type QueueName = 'tasks' | 'polls' | 'results' | 'deadLetters'
export interface Outgoing {
  body: string
  /** 0 to 900. */
  delaySeconds?: number
  attributes?: Record<string, string>
}
/** A received message, as Lambda hands it over. */
export interface Message {
  messageId: string
  body: string
  receipt: string
  /** 1 at the first receive. */
  receiveCount: number
  sentAt: number
  attributes: Record<string, string>
}
export interface Outbox {
  /** In batches of ten; answers, in order, whether each was sent. Never throws for a single message. */
  send(queue: QueueName, messages: Outgoing[]): Promise<boolean[]>
}
export interface Visibility {
  /** Hides each poll message for that many seconds from now; best effort, answers whether each was done. */
  hide(holds: { receipt: string; seconds: number }[]): Promise<boolean[]>
}
export interface Depths {
  /** Approximate counts: visible, received and not deleted, delayed. */
  read(queue: QueueName): Promise<{ visible: number; hidden: number; delayed: number }>
}

export type SubmitAnswer =
  | { kind: 'accepted'; captchaId: string }
  /** Not charged: never sent, or answered with a code of the provider's own, or with 429. */
  | { kind: 'refused'; failure: ProviderFailure }
  /**
   * Probably not charged: answered with a status of 400 or above and without a code of the provider's own.
   * `failure.class` is `transient`. See core/http-errors.ts for how often that is believed.
   */
  | { kind: 'httpError'; failure: ProviderFailure }
  /** May have been charged: sent, and no readable answer came. `failure.class` is `uncertain`. */
  | { kind: 'lost'; failure: ProviderFailure }
export type ResultAnswer =
  | { kind: 'pending' }
  | { kind: 'solved'; solution: Solution }
  | { kind: 'failed'; failure: ProviderFailure }
/** Account calls. `value`: USD; threads: null where the provider has no such call. */
export type BalanceAnswer =
  | { kind: 'balance'; value: number; ms: number }
  | { kind: 'failed'; failure: ProviderFailure; ms: number }
export type ThreadsAnswer =
  | { kind: 'threads'; total: number; free: number }
  | { kind: 'none' }
  | { kind: 'failed'; failure: ProviderFailure }

export interface Provider {
  readonly name: string
  readonly billing: 'balance' | 'threads'
  /** Never throws for anything the provider or the network does. Ends within `providerTimeoutSeconds`. */
  submit(task: Task, pingbackUrl?: string): Promise<SubmitAnswer>
  result(captchaId: string): Promise<ResultAnswer>
  balance(): Promise<BalanceAnswer>
  threads(): Promise<ThreadsAnswer>
}

export interface SpendStore {
  /**
   * Reserves up to `wanted` charges under the limits of the UTC hour and day of `now`, in one conditional write where
   * all fit. Answers how many were reserved and which limit stopped the rest.
   */
  reserve(wanted: number, now: number): Promise<{ reserved: number; limit: 'hour' | 'day' | null }>
  /** Gives back what was reserved at `at` and not used. */
  release(count: number, at: number): Promise<void>
  /** Which limit is reached now, for the sweep. */
  reached(now: number): Promise<'hour' | 'day' | null>
}
