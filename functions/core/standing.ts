import type { Fence } from './lifecycle.ts'
import type { ClaimedItem, SettledItem, SubmittedItem, TaskItem, UnknownItem } from './task.ts'
import { isSettled, withLostAttempt } from './task.ts'

/** How a message stands to the item that was found in its place when its claim was refused. */
export type Standing =
  /** Another task has this id. */
  | { kind: 'reused' }
  | { kind: 'settled'; item: SettledItem; mine: boolean }
  /** Paid and being polled. `mine`: the very message that brought it here, so its heartbeat may never have been sent. */
  | { kind: 'inFlight'; item: SubmittedItem; mine: boolean }
  /** Another worker may be paying for it right now. */
  | { kind: 'busy'; until: number; mine: boolean }
  /** Nobody is at it: `item` as it now stands, a lapsed claim counted as a lost charge; `over` fences the taking. */
  | { kind: 'free'; item: ClaimedItem | UnknownItem; over: Fence }

/** What a message says of itself. `unpaid`: see Travel. */
export interface Claimant {
  hash: string
  origin: string
  unpaid: string[]
}

export function standingOf(found: TaskItem, message: Claimant, now: number): Standing {
  if (found.hash !== message.hash) return { kind: 'reused' }
  const mine = found.origin === message.origin
  if (isSettled(found)) return { kind: 'settled', item: found, mine }
  const over: Fence = { attempt: found.attempt, state: found.state }
  switch (found.state) {
    case 'submitted':
      return { kind: 'inFlight', item: found, mine }
    case 'unknown':
      return { kind: 'free', item: found, over }
    case 'claimed':
      if (found.leaseUntil === 0 || message.unpaid.includes(found.attempt)) return { kind: 'free', item: found, over }
      if (found.leaseUntil > now) return { kind: 'busy', until: found.leaseUntil, mine }
      return { kind: 'free', item: lapsed(found), over }
  }
}

/** A claim whose lease ran out without an id: the worker died, perhaps after it had paid. */
const lapsed = (item: ClaimedItem): ClaimedItem => ({
  ...withLostAttempt(item, item.provider),
  leaseUntil: 0,
})
