/** What an error means decides everything that is done about it (docs/contracts.md, "Error classes"). */
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

/** Classes of ours, beside the provider's, that a result or an outcome may carry. */
export type FailureClass = ErrorClass | 'deadline' | 'invalid' | 'spend' | 'inflight' | 'store' | 'fault'

/** Of a refusal that no single task is to blame for: the account may not buy. */
export type AccountClass = Extract<ErrorClass, 'auth' | 'funds'>
export const isAccountClass = (name: FailureClass): name is AccountClass => name === 'auth' || name === 'funds'

/** One provider answer that is not what was asked for. */
export interface ProviderFailure {
  class: ErrorClass
  /** The provider's own code, or `HTTP_502`, `TIMEOUT`, `RESET`, `REFUSED`, `UNREADABLE`, `BODY_TOO_LARGE`, .. */
  code: string
  /** One sentence for a person; never a key, URL query, proxy or answer. */
  message: string
  /** How long the provider asks us to wait. */
  retryAfterSeconds?: number
  /** For class unsolvable: the id was lost, so one re-submit at most instead of two. */
  lostId?: boolean
}
