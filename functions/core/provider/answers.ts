import type { ProviderFailure } from './error-class.ts'
/** The provider's answers, as the rest of the fleet reads them. */

/** A token, or for GeeTest the provider's object. */
export type Solution = string | Record<string, unknown>

export type SubmitAnswer =
  | { kind: 'accepted'; captchaId: string }
  /** Not charged: the submit was never sent, or the answer was one of the provider's own codes or 429. */
  | { kind: 'refused'; failure: ProviderFailure }
  /**
   * Probably not charged: the answer has status 400 or above and none of the provider's own codes. `failure.class` is
   * `transient`. core/provider/http-errors.ts says how often such an answer is trusted.
   */
  | { kind: 'httpError'; failure: ProviderFailure }
  /** May have been charged: the submit was sent, and no readable answer arrived. `failure.class` is `uncertain`. */
  | { kind: 'lost'; failure: ProviderFailure }

export type ResultAnswer =
  | { kind: 'pending' }
  | { kind: 'solved'; solution: Solution }
  | { kind: 'failed'; failure: ProviderFailure }

/** Answers of account calls. `value` is USD. Threads are null if the provider has no such call. */
export type BalanceAnswer =
  | { kind: 'balance'; value: number; ms: number }
  | { kind: 'failed'; failure: ProviderFailure; ms: number }

export type ThreadsAnswer =
  | { kind: 'threads'; total: number; free: number }
  | { kind: 'none' }
  | { kind: 'failed'; failure: ProviderFailure }
