import { type ProviderName, providersOf } from '../contract/providers.ts'
import type { DwellSetting } from '../core/admission/route/router.ts'
import type { AdmissionStore } from '../core/ports.ts'
import { makeKnownAdmission } from './known-admission.ts'
import { makeSharedKeys, type SharedKeysOptions } from './shared-keys.ts'

interface FleetKeysOptions extends Omit<SharedKeysOptions, 'known' | 'settings'> {
  admission: AdmissionStore
  env: DwellSetting & { provider: ProviderName; backupProviderUrl?: string | undefined }
  /** How long one request alone may try a new key. */
  leaseSeconds: number
}

/** What one execution environment knows of the admission item, and by it of the keys of the fleet. */
export function makeFleetKeys({ admission, env, leaseSeconds, ...options }: FleetKeysOptions) {
  const known = makeKnownAdmission({ admission, clock: options.clock })
  const order = providersOf(env.provider, env.backupProviderUrl !== undefined)
  return { known, shared: makeSharedKeys({ ...options, known, settings: { ...env, order, leaseSeconds } }) }
}
