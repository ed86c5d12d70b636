/**
 * Who counts a settlement, and whether its result is certain to be sent. It stands in the settled item: an invocation
 * may be killed between its settle and its outcome item, and another one then takes the accounting over.
 */
export interface Accounting {
  /**
   * The owner: the invocation whose outcome item counts this settlement. Null: the next one that finds the task does.
   */
  invocation: string | null
  /**
   * What the owner was invoked by. A task or poll message comes back until the result was sent; a provider sends its
   * callback once.
   */
  via: 'message' | 'callback'
  /** Since when the owner is the owner, milliseconds since 1970: it gets time to write its outcome item. */
  since: number
  /**
   * A callback settled the task and crashed, or could not send the result. Perhaps no poll message is left that would
   * send it either, so every invocation that finds the task sends it.
   */
  resultMayBeUnsent: boolean
}

/** The invocation that settles a task or meets a settled one. */
export interface Accountant {
  id: string
  via: Accounting['via']
}

/** The accounting of a task that this invocation settles now. */
export const accountedBy = ({ id, via }: Accountant, at: number): Accounting => ({
  invocation: id,
  via,
  since: at,
  resultMayBeUnsent: false,
})

/** The accounting once another invocation has taken it over from an owner that wrote no outcome item. */
export const takenOver = (before: Accounting, by: Accountant, at: number): Accounting => ({
  ...accountedBy(by, at),
  resultMayBeUnsent: resultMayBeUnsent(before, true),
})

/** A callback could not send the result: the next invocation that finds the task sends it and counts the settlement. */
export const handedOver = (at: number): Accounting => ({
  invocation: null,
  via: 'callback',
  since: at,
  resultMayBeUnsent: true,
})

/** `taken`: its accounting was just taken over, so its owner is known to have crashed. */
export const resultMayBeUnsent = (accounting: Accounting, taken: boolean): boolean =>
  accounting.resultMayBeUnsent || (taken && accounting.via === 'callback')

/**
 * The owner is a callback that wrote its outcome item, which it does only after it sent the result: nothing is left to
 * send.
 */
export const reportedByCallback = (accounting: Accounting, taken: boolean): boolean =>
  accounting.via === 'callback' && !resultMayBeUnsent(accounting, taken)
