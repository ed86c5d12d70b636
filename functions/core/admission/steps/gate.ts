import type { Control } from '../item/admission.ts'

/** A provider that has been unusable for this long is not waited for. */
export const UNUSABLE_SECONDS = 15

/** Why no task is taken in. Null: the gate is open. */
export type Shut = 'paused' | 'no_usable_provider' | null

/**
 * Whether tasks stay in the queue. `unusableSeconds`: how long no provider has been usable. A half-open breaker needs a
 * real task to close, so it keeps the gate open.
 */
export function gateOf(control: Control, unusableSeconds: number): Shut {
  if (control.pause !== null) return 'paused'
  const needsTask = Object.values(control.providers).some(({ breaker }) => breaker.state === 'half_open')
  return unusableSeconds >= UNUSABLE_SECONDS && !needsTask ? 'no_usable_provider' : null
}
