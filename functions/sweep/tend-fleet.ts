import type { Admission } from '../core/admission/item/admission.ts'
import { type AfterSweepSettings, controlAfterSweep } from '../core/admission/steps/after-sweep.ts'
import { gateOf } from '../core/admission/steps/gate.ts'
import { errorName } from '../core/error-name.ts'
import { unusableSecondsOf } from '../core/evidence/usability.ts'
import type { FleetChange } from '../core/outcome/change.ts'
import type { AdmissionStore, Clock, Intake, IntakeState, Log } from '../core/ports.ts'
import type { ReadinessRecord } from '../core/record/record.ts'
import { findingsOf } from '../core/record/sweep-findings.ts'
import type { RuleSettings } from '../core/rules/rule.ts'
import { modeAndCause } from '../core/rules/verdict.ts'
import { keepGate } from './keep-gate.ts'
import { writeControl } from './write-control.ts'

export type TendSettings = AfterSweepSettings & RuleSettings

interface TendPorts {
  admission: AdmissionStore
  intake: Intake
  clock: Clock
  log: Log
}

/** `error`: what failed; it is thrown at the end of the sweep, so that the numbers are published first. */
interface Tended {
  gate: IntakeState | null
  /** What the sweep changed in the admission item. */
  changes: FleetChange[]
  error?: unknown
}

/** What a sweep does for the fleet once it has judged it: it writes the admission's control and keeps the gate. */
export function makeTendFleet(ports: TendPorts, settings: TendSettings) {
  const { intake, log } = ports

  return async (
    admission: Admission,
    { record, last, surplus }: { record: ReadinessRecord; last: ReadinessRecord | null; surplus: number },
  ): Promise<Tended> => {
    const { evidence } = record
    const found = findingsOf(record, last, settings)
    let changes: FleetChange[] = []
    try {
      const written = await writeControl(ports, admission, {
        control: (before) => controlAfterSweep(before, found, evidence.ranAt, settings),
        surplus,
        causeOfMode: modeAndCause(evidence, settings).cause,
      })
      changes = written.changes
      const { control } = written.admission
      return { gate: await keepGate(intake, gateOf(control, unusableSecondsOf(evidence)), log), changes }
    } catch (error) {
      log('error', 'the admission item or the gate cannot be kept', { why: errorName(error) })
      return { gate: null, changes, error }
    }
  }
}
