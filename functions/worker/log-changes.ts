import type { AdmissionChange, AdmissionReading } from '../core/admission/item/admission.ts'
import { changesOf } from '../core/admission/steps/changes.ts'
import type { OutcomeEvent } from '../core/outcome/event.ts'
import type { Log } from '../core/ports.ts'

/** Logs what a change of control that was applied means for the fleet, and answers the events that the sweep reads. */
export function logChanges(
  log: Log,
  before: AdmissionReading | null,
  { control }: AdmissionChange,
  at: number,
): Extract<OutcomeEvent, { kind: 'changed' }>[] {
  if (control === undefined || before?.kind !== 'admission') return []
  const changes = changesOf(before.admission.control, control, at)
  for (const { what, provider, from, to, cause } of changes)
    log('warn', 'fleet changed', { what, provider, from, to, cause })
  return changes.map((change) => ({ kind: 'changed', ...change }))
}
