import type { ProviderFailure } from './error-class.ts'
/** What a provider answers, as the rest of the fleet reads it. */

/** A token, or for GeeTest the provider's object. */
export type Solution = string | Record<string, unknown>

export type SubmitAnswer =
  | { kind: 'accepted'; captchaId: string }
  /** Not charged: never sent, or answered with a code of the provider's own, or with 429. */
  | { kind: 'refused'; failure: ProviderFailure }
  /**
   * Probably not charged: answered with a status of 400 or above and without a code of the provider's own.
   * `failure.class` is `transient`. See core/provider/http-errors.ts for how often that is believed.
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
