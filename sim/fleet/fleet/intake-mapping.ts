import type { Intake, IntakeState } from '../../../functions/core/ports.ts'
import { MAPPING_CHANGE_SECONDS } from '../../aws/documented.ts'
import type { SeedScenario } from '../model/seed-scenario.ts'
import type { Trace, VirtualTime } from '../model/virtual-time.ts'
import type { Aws } from './aws.ts'

export type MappingState = 'Enabled' | 'Disabling' | 'Disabled' | 'Enabling'

/**
 * The event source mapping of the task queue. A change takes up to a minute, and nothing is changed while it is under
 * way. Messages are received until it is disabled, and again once it is enabled.
 */
export interface IntakeMapping extends Intake {
  isReceiving(): boolean
  /** Called when messages are received again. */
  enabled: () => void
}

interface Parts {
  scenario: Pick<SeedScenario, 'gate'>
  virtualTime: VirtualTime
  aws: Aws
  trace: Trace | null
}

export function makeIntakeMapping(
  { scenario, virtualTime, aws, trace }: Parts,
  turned: (state: MappingState) => void,
): IntakeMapping {
  let state: MappingState = 'Enabled'
  const turn = (next: MappingState): void => {
    state = next
    trace?.('lambda', `event source of the task queue: ${next}`)
    turned(next)
  }
  const said = (): IntakeState => (state === 'Enabled' ? 'open' : state === 'Disabled' ? 'shut' : 'changing')
  const mapping: IntakeMapping = {
    isReceiving: () => !scenario.gate || state === 'Enabled' || state === 'Disabling',
    enabled: () => {},
    read: async () => said(),
    async set(open) {
      if (said() !== (open ? 'shut' : 'open')) return said()
      turn(open ? 'Enabling' : 'Disabling')
      const changeMs = scenario.gate ? aws.random.next() * MAPPING_CHANGE_SECONDS * 1000 : 0
      virtualTime.after(changeMs, () => {
        turn(open ? 'Enabled' : 'Disabled')
        if (open) mapping.enabled()
      })
      return said()
    },
  }
  return mapping
}
