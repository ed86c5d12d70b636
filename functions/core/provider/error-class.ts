/** The class of an error decides everything that is done about it (docs/contracts.md, "Error classes"). */
export type ErrorClass =
  | 'pending'
  | 'capacity'
  | 'rate'
  | 'transient'
  | 'task'
  | 'unsolvable'
  | 'auth'
  | 'funds'
  | 'blocked'
  | 'uncertain'
  | 'ignore'
  | 'unknown'

/** The provider's classes and our own, which a result or an outcome may carry. */
export type FailureClass = ErrorClass | 'deadline' | 'invalid' | 'spend' | 'inflight' | 'store' | 'fault'

/** The class of a refusal that is not the fault of one task: the account may not buy. */
export type AccountClass = Extract<ErrorClass, 'auth' | 'funds'>
export const isAccountClass = (name: FailureClass): name is AccountClass => name === 'auth' || name === 'funds'

/** A provider's answer other than the one that was requested. */
export interface ProviderFailure {
  class: ErrorClass
  /** The provider's own code, or `HTTP_502`, `TIMEOUT`, `RESET`, `REFUSED`, `UNREADABLE`, `BODY_TOO_LARGE`, .. */
  code: string
  /** One sentence for a person. It never contains a key, URL query, proxy or answer. */
  message: string
  /** How long the provider asks us to wait. */
  retryAfterSeconds?: number
  /**
   * For class unsolvable: the provider no longer knows the id, so the task is submitted again once at most instead of
   * twice.
   */
  lostId?: boolean
}
