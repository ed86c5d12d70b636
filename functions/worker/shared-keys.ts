import type { Admission, AdmissionReading, Control, KeyControl } from '../core/admission/admission.ts'
import { initialProvider } from '../core/admission/initial.ts'
import { afterKeyAnswer, type KeyUse, useOfKey, withKeyLease, withoutKeyLease } from '../core/admission/key-rules.ts'
import { type DwellSetting, rerouted } from '../core/admission/router.ts'
import { errorName } from '../core/error-name.ts'
import type { Clock, Ids, Log, SharedKeys } from '../core/ports.ts'
import type { KnownAdmission } from './known-admission.ts'
import { logChanges } from './log-changes.ts'

/** What is known of the item may be so old. A key that was just refused elsewhere may be sent for as long. */
const KNOWN_MS = 1000
const TRIES = 6
const LONGEST_PAUSE_MS = 60
const UNKNOWN = { kind: 'unknown' } as const

interface SharedKeysOptions {
  known: KnownAdmission
  clock: Clock
  log: Log
  ids: Pick<Ids, 'fraction'>
  /** This execution environment, as the holder of a lease. */
  by: string
  /** A sweep tries a refused key again after so many seconds; null: this is a worker, which never does. */
  retrySeconds: number | null
  /**
   * When somebody outside of the fleet last found the key of this provider accepted, milliseconds since 1970. A refusal
   * that is older is tried again at once. Asked for refused keys only, and only where `retrySeconds` is set.
   */
  acceptedAt?: (provider: string) => Promise<number | null>
  settings: DwellSetting & {
    /** Names of the providers in order of preference. */
    order: readonly string[]
    leaseSeconds: number
  }
}

/** The keys of the fleet in the admission item. Where the item cannot be read, nothing is known of a key. */
export function makeSharedKeys(options: SharedKeysOptions): SharedKeys {
  const { known, clock, log, by, retrySeconds, settings } = options

  const reading = async (isRetry = false): Promise<AdmissionReading> =>
    (isRetry ? null : known.last(KNOWN_MS)) ?? (await known.read())

  /** Replaces the key's part of the control; `next` null: nothing is to be changed. False: that could not be written. */
  async function change(
    provider: string,
    next: (key: KeyControl) => KeyControl | null,
    found: AdmissionReading,
  ): Promise<boolean> {
    let latest = found
    for (let n = 0; n < TRIES && latest.kind === 'admission'; n += 1) {
      const { admission } = latest
      const key = next(keyOf(admission, provider))
      if (key === null) return true
      const control = withKey(admission.control, provider, key, clock.now())
      const change = { epoch: admission.epoch, control }
      const answer = await known.write(change)
      if (answer.applied) {
        known.keepChanges(logChanges(log, latest, change, clock.now()))
        return true
      }
      latest = answer.reading
      await clock.sleep(options.ids.fraction() * LONGEST_PAUSE_MS)
    }
    return false
  }

  function withKey(control: Control, provider: string, key: KeyControl, now: number): Control {
    const changed = { ...(control.providers[provider] ?? initialProvider), key }
    const next = { ...control, providers: { ...control.providers, [provider]: changed } }
    return { ...next, route: rerouted(next, settings.order, now, settings) }
  }

  /** When the refused key was last found accepted, milliseconds since 1970; 0: never, or nobody is asked. */
  async function acceptedAtOf(provider: string, fingerprint: string, found: AdmissionReading): Promise<number> {
    const refused = found.kind === 'admission' ? keyOf(found.admission, provider).refused : null
    if (retrySeconds === null || refused?.fingerprint !== fingerprint) return 0
    return (await options.acceptedAt?.(provider)) ?? 0
  }

  const unanswered = (provider: string, error: unknown): void =>
    log('warn', 'what the fleet knows of a key is not known', { provider, error: errorName(error) })

  return {
    async refusalOf(provider, fingerprint) {
      try {
        const found = await reading()
        const refused = found.kind === 'admission' ? keyOf(found.admission, provider).refused : null
        return refused?.fingerprint === fingerprint ? refused.code : null
      } catch (error) {
        unanswered(provider, error)
        return null
      }
    },
    async useOf(provider, fingerprint) {
      try {
        let found = await reading()
        const accepted = await acceptedAtOf(provider, fingerprint, found)
        const asked = (key: KeyControl) => {
          const isDisproved = key.refused !== null && accepted > key.refused.at
          return useOfKey(key, { fingerprint, now: clock.now(), retrySeconds: isDisproved ? 0 : retrySeconds })
        }
        let use: KeyUse | typeof UNKNOWN = UNKNOWN
        // While another worker probes the key, its result is read at once.
        if (found.kind === 'admission' && asked(keyOf(found.admission, provider)).kind === 'wait')
          found = await reading(true)
        const lease = () => ({ id: by, until: clock.now() + settings.leaseSeconds * 1000 })
        const isWritten = await change(
          provider,
          (key) => {
            use = asked(key)
            return use.kind === 'probe' ? withKeyLease(key, lease()) : null
          },
          found,
        )
        return isWritten ? use : UNKNOWN
      } catch (error) {
        unanswered(provider, error)
        return UNKNOWN
      }
    },
    async reportAnswer(provider, fingerprint, verdict) {
      try {
        const changed = (key: KeyControl) =>
          verdict === 'inconclusive'
            ? withoutKeyLease(key, by)
            : afterKeyAnswer(key, { fingerprint, code: verdict.code, at: clock.now() }, by)
        await change(provider, (key) => (isSame(key, changed(key)) ? null : changed(key)), await reading())
      } catch (error) {
        unanswered(provider, error)
      }
    },
  }
}

const keyOf = ({ control }: Admission, provider: string): KeyControl =>
  (control.providers[provider] ?? initialProvider).key

const isSame = (a: KeyControl, b: KeyControl): boolean => JSON.stringify(a) === JSON.stringify(b)
