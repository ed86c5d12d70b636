import type { Admission } from '../../../functions/core/admission/item/admission.ts'

/** What is true of the API keys. */
export interface KeyHistory {
  /** Requests that were refused because of their key. */
  refusals: number
  /** Provider and fingerprint → since when the item says that this key is refused. */
  readonly refusedSince: Map<string, number>
}

export const newKeyHistory = (): KeyHistory => ({ refusals: 0, refusedSince: new Map() })

export function recordKeys({ refusedSince }: KeyHistory, { control }: Admission, now: number): void {
  for (const [provider, { key }] of Object.entries(control.providers)) {
    const known = key.refused === null || key.good === key.refused.fingerprint ? null : key.refused
    const name = `${provider}/${known?.fingerprint}`
    for (const other of refusedSince.keys()) {
      if (other.startsWith(`${provider}/`) && other !== name) refusedSince.delete(other)
    }
    if (known !== null && !refusedSince.has(name)) refusedSince.set(name, now)
  }
}
