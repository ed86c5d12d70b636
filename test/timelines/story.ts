import type { RecordedFleet, StoryOptions } from './recorded-fleet.ts'

/** What happens to a fleet, and until which second it is told. */
export interface Story extends StoryOptions {
  /** A sentence: what the timeline shows. */
  title: string
  /** Plans what clients, the provider and AWS do. */
  plan: (fleet: RecordedFleet) => void
  seconds: number
}
