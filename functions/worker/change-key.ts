import type { Admission, AdmissionReading, Control, KeyControl } from '../core/admission/item/admission.ts'
import { initialProvider } from '../core/admission/item/initial.ts'
import { type DwellSetting, rerouted } from '../core/admission/route/router.ts'
import type { Clock, Ids, Log } from '../core/ports.ts'
import type { KnownAdmission } from './known-admission.ts'
import { logChanges } from './log-changes.ts'

export interface ChangeKeyContext {
  known: KnownAdmission
  clock: Clock
  log: Log
  ids: Pick<Ids, 'fraction'>
  /** `order`: names of the providers in order of preference. */
  settings: DwellSetting & { order: readonly string[] }
}

/** Other writers change the item too. After so many lost races the change is given up. */
const TRIES = 6
const LONGEST_PAUSE_MS = 60

/**
 * Replaces what the admission item knows of this provider's key, and the route with it. `next` is asked anew for each
 * item that is found; it answers null where nothing is to be changed. False: the change could not be written.
 */
export async function changeKey(
  { known, clock, log, ids, settings }: ChangeKeyContext,
  provider: string,
  found: AdmissionReading,
  next: (key: KeyControl) => KeyControl | null,
): Promise<boolean> {
  let latest = found
  for (let n = 0; n < TRIES && latest.kind === 'admission'; n += 1) {
    const { admission } = latest
    const key = next(keyOf(admission, provider))
    if (key === null) return true
    const control = withKey(admission.control, provider, key)
    const route = rerouted(control, settings.order, clock.now(), settings)
    const change = { epoch: admission.epoch, control: { ...control, route } }
    const answer = await known.write(change)
    if (answer.applied) {
      known.keepChanges(logChanges(log, latest, change, clock.now()))
      return true
    }
    latest = answer.reading
    await clock.sleep(ids.fraction() * LONGEST_PAUSE_MS)
  }
  return false
}

export const keyOf = ({ control }: Admission, provider: string): KeyControl =>
  (control.providers[provider] ?? initialProvider).key

const withKey = (control: Control, provider: string, key: KeyControl): Control => ({
  ...control,
  providers: { ...control.providers, [provider]: { ...(control.providers[provider] ?? initialProvider), key } },
})
