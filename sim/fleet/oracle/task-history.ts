import type { Accounting } from '../../../functions/core/task/accounting.ts'
import type { Reply, Result, TaskItem } from '../../../functions/core/task/task.ts'
import type { Environment } from '../fleet/environment.ts'
import type { Charge } from '../model/charge.ts'

/** A well-formed message that a client sent. `payload`: equal for messages that ask for the same. */
export interface Wanted {
  messageId: string
  payload: string
  sentAt: number
  deadlineAt: number
  reply: Reply
}

export interface RecordedSettlement {
  result: Result
  by: string | null
  accounting: Accounting
  at: number
  item: TaskItem
}

/** The polls of one charge by the collect function. */
interface Polls {
  readonly at: number[]
  /** Not before then again: the provider asked for it. */
  notBefore: number
}

/** All that is true of one task, whatever the fleet believes. */
export interface TaskHistory {
  readonly taskId: string
  readonly wanted: Wanted[]
  readonly charges: Charge[]
  readonly unsolvable: Set<string>
  readonly lostIdResubmits: Set<string>
  /** Submits that the provider, or a gateway in front of it, answered with an HTTP error other than a time-out. */
  httpErrors: number
  /** Of those, the ones that were charged all the same. The fleet cannot know that, so no result counts them. */
  masked: number
  readonly polls: Map<Charge, Polls>
  /** Workers that have a paid call of this task under way. */
  readonly paying: Set<Environment>
  /** Something about its charges is uncertain: an answer was lost, or a fault struck a worker that held its claim. */
  chargesUncertain: boolean
  /** A poll message of it was delivered to two workers: then nobody can tell how often it was really polled. */
  deliveredTwice: boolean
  /** Something went wrong with a poll message of it, so that an answered poll may be forgotten. */
  pollForgotten: boolean
  /** Something went wrong with one of its messages, or a client or an operator sent it again. */
  disturbed: boolean
  /** The poll message that was sent last. */
  poll: string
  /** The attempts that durably claimed it. */
  readonly claims: Set<string>
  item: TaskItem | undefined
  settled: RecordedSettlement | null
  /** Results of it that are on the queue, those about another payload's misuse of its id left out. */
  readonly results: Result[]
  lastResultAt: number
  /** The charge whose solution its results have. */
  solvedBy: Charge | null
  /** Its result could be sent only ten minutes after it was settled, or later. */
  resultSentLate: boolean
  /** Results that refuse another payload under its id. */
  reused: number
}

/** A message that is no task. */
export interface InvalidMessageHistory {
  messageId: string
  taskId: string
  receives: number
}

/** A task of which nothing is known yet. */
export const newHistory = (taskId: string): TaskHistory => ({
  taskId,
  wanted: [],
  charges: [],
  unsolvable: new Set(),
  lostIdResubmits: new Set(),
  httpErrors: 0,
  masked: 0,
  polls: new Map(),
  paying: new Set(),
  chargesUncertain: false,
  deliveredTwice: false,
  pollForgotten: false,
  disturbed: false,
  poll: '',
  claims: new Set(),
  item: undefined,
  settled: null,
  results: [],
  lastResultAt: 0,
  solvedBy: null,
  reused: 0,
  resultSentLate: false,
})
