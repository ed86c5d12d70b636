import type { Lease } from '../breaker/breaker-state.ts'
import type { KeyControl } from '../item/admission.ts'

/**
 * Rules about a provider's API key for the whole fleet. Providers ban addresses that use wrong keys. So one request
 * alone probes a key that nobody has used yet, and no worker sends a key that was refused. Only a sweep tries it again,
 * once every `keyRetrySeconds`.
 */

/**
 * Sweeps do not run exactly on the second. A retry that is due so soon after a sweep is made by that sweep: within 2 s,
 * and of a short time to wait within a tenth.
 */
const EARLY = { seconds: 2, share: 0.1 }

/** After so many seconds a sweep tries a refused key again. */
export const sweepRetrySeconds = (keyRetrySeconds: number): number =>
  keyRetrySeconds - Math.min(EARLY.seconds, EARLY.share * keyRetrySeconds)

/** What a caller may do with a key. */
export type KeyUse =
  | { kind: 'send' }
  /** After this caller took the lease. */
  | { kind: 'probe' }
  /** Another caller probes the key until then. */
  | { kind: 'wait'; until: number }
  | { kind: 'refused'; code: string }

interface Asking {
  fingerprint: string
  now: number
  /** A refused key is tried again after so many seconds; null: this caller never does that. */
  retrySeconds: number | null
}

export function useOfKey({ good, refused, lease }: KeyControl, { fingerprint, now, retrySeconds }: Asking): KeyUse {
  if (good === fingerprint) return { kind: 'send' }
  if (refused?.fingerprint === fingerprint) {
    const isDue = retrySeconds !== null && now - refused.at >= retrySeconds * 1000
    if (!isDue) return { kind: 'refused', code: refused.code }
  }
  return lease !== null && lease.until > now ? { kind: 'wait', until: lease.until } : { kind: 'probe' }
}

export const withKeyLease = (key: KeyControl, lease: Lease): KeyControl => ({ ...key, lease })

/** What an answer says about the key that the request was sent with. `code` null: the provider accepts the key. */
interface KeyAnswer {
  fingerprint: string
  code: string | null
  at: number
}

/**
 * The key after an answer to the invocation `by`. A refusal of a key that is no longer in use leaves the good one
 * alone: after a change of the secret some workers still have the old key for a while.
 */
export function afterKeyAnswer(key: KeyControl, { fingerprint, code, at }: KeyAnswer, by: string): KeyControl {
  const { lease } = withoutKeyLease(key, by)
  if (code !== null) {
    const good = key.good === fingerprint ? null : key.good
    return { good, refused: { fingerprint, at, code }, lease }
  }
  const refused = key.refused?.fingerprint === fingerprint || key.good === null ? null : key.refused
  return { good: fingerprint, refused, lease }
}

/** Stands for the fingerprint of a key that is not there. */
const NO_KEY = ''

/** The secret holds no key: the provider is as unusable as with a refused one, until a sweep has found a key. */
export const withoutAnyKey = (key: KeyControl, code: string, at: number): KeyControl =>
  isKeyMissing(key) ? key : { ...key, good: null, refused: { fingerprint: NO_KEY, at, code } }

const isKeyMissing = ({ refused, good }: KeyControl): boolean => refused?.fingerprint === NO_KEY && good === null

/** The account answered a sweep, so a key is there. */
export const withAnyKey = (key: KeyControl): KeyControl => (isKeyMissing(key) ? { ...key, refused: null } : key)

/** The invocation `by` has ended its probe without an answer about the key. */
export const withoutKeyLease = (key: KeyControl, by: string): KeyControl =>
  key.lease?.id === by ? { ...key, lease: null } : key

/** Whether the provider refuses the key that the fleet has. */
export const isKeyRefused = ({ good, refused }: KeyControl): boolean => refused !== null && good === null
