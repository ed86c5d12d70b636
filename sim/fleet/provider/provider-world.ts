import type { ErrorClass, ProviderFailure } from '../../../functions/core/provider/error-class.ts'
import type { Random } from '../../support/random.ts'
import type { Charge } from '../model/charge.ts'
import type { Faults } from '../model/faults.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'
import type { Timeline, Trace } from '../model/timeline.ts'
import type { Oracle } from '../oracle/oracle.ts'

export interface ProviderParts {
  scenario: SeedScenario
  timeline: Timeline
  faults: Faults
  oracle: Oracle
  random: Random
  trace: Trace | null
}

/** What the answers of the simulated provider are drawn from. */
export interface ProviderWorld extends ProviderParts {
  readonly ledger: Charge[]
  readonly byId: Map<string, Charge>
  /** Seconds since the run began. */
  second(): number
  /** Whether the provider as a whole fails this call. */
  isDown(): boolean
  /** Who receives the provider's callbacks. */
  onCall: (path: string, captchaId: string) => void
}

export function makeProviderWorld(parts: ProviderParts): ProviderWorld {
  const { scenario, timeline, faults, random } = parts
  const began = timeline.now()
  const outageAt = began + random.next() * scenario.span * 1000
  const outageEnds = outageAt + random.between(30, 240) * 1000
  return {
    ...parts,
    ledger: [],
    byId: new Map(),
    second: () => (timeline.now() - began) / 1000,
    isDown: () =>
      scenario.faults.outage !== undefined &&
      !faults.stopped &&
      timeline.now() >= outageAt &&
      timeline.now() < outageEnds &&
      faults.strikes('outage'),
    onCall: () => {},
  }
}

export const failure = (kind: ErrorClass, code: string, more: Partial<ProviderFailure> = {}): ProviderFailure => ({
  class: kind,
  code,
  message: `the provider said ${code}`,
  ...more,
})
