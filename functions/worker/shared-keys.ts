import type { AdmissionReading, KeyControl } from '../core/admission/item/admission.ts'
import {
  afterKeyAnswer,
  type KeyUse,
  useOfKey,
  withKeyLease,
  withoutKeyLease,
} from '../core/admission/route/key-rules.ts'
import { errorName } from '../core/error-name.ts'
import type { SharedKeys } from '../core/ports.ts'
import { type ChangeKeyContext, changeKey, keyOf } from './change-key.ts'

/** The last reading of the item may be so old. A key that was just refused elsewhere may be sent for as long. */
const KNOWN_MS = 1000
const UNKNOWN = { kind: 'unknown' } as const

export interface SharedKeysOptions extends ChangeKeyContext {
  /** This execution environment, as the holder of a lease. */
  by: string
  /** A sweep tries a refused key again after so many seconds; null: this is a worker, which never does. */
  retrySeconds: number | null
  /**
   * When somebody outside of the fleet last found the key of this provider accepted, milliseconds since 1970. A refusal
   * that is older is tried again at once. Asked for refused keys only, and only where `retrySeconds` is set.
   */
  acceptedAt?: (provider: string) => Promise<number | null>
  settings: ChangeKeyContext['settings'] & { leaseSeconds: number }
}

/** The keys of the fleet in the admission item. Where the item cannot be read, nothing is known of a key. */
export function makeSharedKeys(options: SharedKeysOptions): SharedKeys {
  const { known, clock, log, by, retrySeconds, settings } = options

  const lastReading = async (): Promise<AdmissionReading> => known.last(KNOWN_MS) ?? (await known.read())

  /** When the refused key was last found accepted, milliseconds since 1970; 0: never, or nobody is asked. */
  async function acceptedAtOf(provider: string, fingerprint: string, found: AdmissionReading): Promise<number> {
    if (retrySeconds === null || refusedIn(found, provider)?.fingerprint !== fingerprint) return 0
    return (await options.acceptedAt?.(provider)) ?? 0
  }

  async function refusalOf(provider: string, fingerprint: string): Promise<string | null> {
    const refused = refusedIn(await lastReading(), provider)
    return refused?.fingerprint === fingerprint ? refused.code : null
  }

  async function useOf(provider: string, fingerprint: string): Promise<KeyUse | typeof UNKNOWN> {
    const last = await lastReading()
    const accepted = await acceptedAtOf(provider, fingerprint, last)
    const useNow = (key: KeyControl): KeyUse => {
      const isDisproved = key.refused !== null && accepted > key.refused.at
      return useOfKey(key, { fingerprint, now: clock.now(), retrySeconds: isDisproved ? 0 : retrySeconds })
    }
    // While another worker probes the key, its result is read at once.
    const isProbed = last.kind === 'admission' && useNow(keyOf(last.admission, provider)).kind === 'wait'
    const found = isProbed ? await known.read() : last
    let use: KeyUse | typeof UNKNOWN = UNKNOWN
    const isWritten = await changeKey(options, provider, found, (key) => {
      use = useNow(key)
      if (use.kind !== 'probe') return null
      return withKeyLease(key, { id: by, until: clock.now() + settings.leaseSeconds * 1000 })
    })
    return isWritten ? use : UNKNOWN
  }

  async function reportAnswer(
    provider: string,
    fingerprint: string,
    verdict: 'inconclusive' | { code: string | null },
  ): Promise<void> {
    await changeKey(options, provider, await lastReading(), (key) => {
      const after =
        verdict === 'inconclusive'
          ? withoutKeyLease(key, by)
          : afterKeyAnswer(key, { fingerprint, code: verdict.code, at: clock.now() }, by)
      return isSame(key, after) ? null : after
    })
  }

  /** No method throws: the table may not answer, and then `otherwise` is the answer. */
  async function answerOr<T>(provider: string, otherwise: T, answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      log('warn', 'what the fleet knows of a key is not known', { provider, error: errorName(error) })
      return otherwise
    }
  }

  return {
    refusalOf: (provider, ...rest) => answerOr(provider, null, refusalOf(provider, ...rest)),
    useOf: (provider, ...rest) => answerOr(provider, UNKNOWN, useOf(provider, ...rest)),
    reportAnswer: (provider, ...rest) => answerOr(provider, undefined, reportAnswer(provider, ...rest)),
  }
}

const refusedIn = (reading: AdmissionReading, provider: string): KeyControl['refused'] =>
  reading.kind === 'admission' ? keyOf(reading.admission, provider).refused : null

const isSame = (a: KeyControl, b: KeyControl): boolean => JSON.stringify(a) === JSON.stringify(b)
