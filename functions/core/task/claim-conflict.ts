import type { Fence } from './lifecycle.ts'
import {
  type ClaimedItem,
  isSettled,
  type SettledItem,
  type SubmittedItem,
  type TaskItem,
  type UnknownItem,
  withLostAttempt,
} from './task.ts'

/** How a message stands to the item that was found in its place when its claim was refused. */
export type ClaimConflict =
  /** Another task has this id. */
  | { kind: 'reused' }
  | { kind: 'settled'; item: SettledItem; sameOrigin: boolean }
  /**
   * Paid and being polled. `sameOrigin`: the very message that brought it here, so its poll message may never have been
   * sent.
   */
  | { kind: 'inFlight'; item: SubmittedItem; sameOrigin: boolean }
  /** Another worker may be paying for it right now. */
  | { kind: 'busy'; until: number; sameOrigin: boolean }
  /**
   * No worker holds it. `item`: as it now stands, a lapsed claim counted as a lost charge. `fence`: for the claim that
   * takes it over.
   */
  | { kind: 'free'; item: ClaimedItem | UnknownItem; fence: Fence }

/** What a message says of itself. `unpaid`: see TaskAttributes. */
interface MessageIdentity {
  hash: string
  origin: string
  unpaid: string[]
}

export function classifyConflict(found: TaskItem, message: MessageIdentity, now: number): ClaimConflict {
  if (found.hash !== message.hash) return { kind: 'reused' }
  const sameOrigin = found.origin === message.origin
  if (isSettled(found)) return { kind: 'settled', item: found, sameOrigin }
  const fence: Fence = { attempt: found.attempt, state: found.state }
  switch (found.state) {
    case 'submitted':
      return { kind: 'inFlight', item: found, sameOrigin }
    case 'unknown':
      return { kind: 'free', item: found, fence }
    case 'claimed':
      if (found.leaseUntil === 0 || message.unpaid.includes(found.attempt)) return { kind: 'free', item: found, fence }
      if (found.leaseUntil > now) return { kind: 'busy', until: found.leaseUntil, sameOrigin }
      return { kind: 'free', item: lapsed(found), fence }
  }
}

/** A claim whose lease ran out without an id: the worker died, perhaps after it had paid. */
const lapsed = (item: ClaimedItem): ClaimedItem => ({
  ...withLostAttempt(item, item.provider),
  leaseUntil: 0,
})
