import type { RecordedFleet, ScenarioOptions } from './recorded-fleet.ts'

/** What happens to a fleet, and until which second it is told. */
export interface Scenario extends ScenarioOptions {
  /** A sentence: what the transcript shows. */
  title: string
  /** Plans what clients, the provider and AWS do. */
  plan: (fleet: RecordedFleet) => void
  seconds: number
}
