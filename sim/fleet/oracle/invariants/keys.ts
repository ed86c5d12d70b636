import { SETTINGS } from '../../../../functions/contract/settings.ts'
import { invariant } from '../invariant.ts'

/** Of a new key that is wrong: the one that probes it, and one that had not heard of its result. */
const MOST_REFUSED = 2
/** A worker's copy of the item may be a second old, and a request takes a while. */
const HEARD_MS = 2500

/** Providers ban addresses that use wrong keys. */
export const KEYS = [
  invariant('a new key that is wrong is sent at most twice', ['keyRefused'], ({ environment }, { keys, scenario }) =>
    scenario.trouble?.kind === 'key' && scenario.trouble.isNew && keys.refusals >= MOST_REFUSED
      ? `${environment.name} sends it as number ${keys.refusals + 1}`
      : null,
  ),
  invariant('a key that is known to be refused is not sent', ['keyRefused'], (step, log) => {
    const { environment, provider, fingerprint } = step
    const refused = log.keys.refusedSince.get(`${provider}/${fingerprint}`)
    if (refused === undefined) return null
    const after = Math.round(log.now() - refused)
    const isRetry = environment.name.startsWith('sweep') && after >= SETTINGS.keyRetrySeconds.default * 1000 - HEARD_MS
    return after <= HEARD_MS || isRetry ? null : `${environment.name} sends it ${after} ms after it was refused`
  }),
] as const
