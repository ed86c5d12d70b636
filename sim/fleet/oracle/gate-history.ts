import type { MappingState } from '../fleet/intake-mapping.ts'
import type { Step } from './step.ts'

/** What is true of the gate: the person's commands, the event source mapping, and the sweeps that kept it. */
export interface GateHistory {
  /** Since when a person wants the fleet to be paused; null: nobody does. */
  pausedSince: number | null
  /** When a person last resumed it; 0: never. */
  resumedAt: number
  mapping: { state: MappingState; since: number }
  /** Sweeps of the present pause that began in it and were answered. */
  readonly sweeps: { beganAt: number; endedAt: number }[]
  /** Since when no fault strikes; null: they may. */
  calmSince: number | null
}

export const newGateHistory = (): GateHistory => ({
  pausedSince: null,
  resumedAt: 0,
  mapping: { state: 'Enabled', since: 0 },
  sweeps: [],
  calmSince: null,
})

export function recordGate(gate: GateHistory, step: Step, now: number): void {
  switch (step.kind) {
    case 'commanded':
      gate.pausedSince = step.isPause ? now : null
      if (!step.isPause) gate.resumedAt = now
      gate.sweeps.length = 0
      break
    case 'mappingTurned':
      gate.mapping = { state: step.state, since: now }
      break
    case 'judged':
      if (gate.pausedSince !== null && step.beganAt > gate.pausedSince)
        gate.sweeps.push({ beganAt: step.beganAt, endedAt: now })
      break
    case 'calmed':
      gate.calmSince = now
      break
  }
}
