import type { Shut } from '../core/admission/steps/gate.ts'
import type { Intake, IntakeState, Log } from '../core/ports.ts'

/**
 * Opens or shuts the intake where it is not as it should be. It is read every time, because a person or a deployment
 * may have changed it, and a change that was asked for may not have been made. Answers the state after that.
 */
export async function keepGate(intake: Intake, shut: Shut, log: Log): Promise<IntakeState> {
  const wanted = shut === null ? 'open' : 'shut'
  const found = await intake.read()
  if (found === wanted || found === 'changing') return found
  const state = await intake.set(wanted === 'open')
  log('info', wanted === 'open' ? 'intake is opened' : 'intake is shut', { why: shut, state })
  return state
}
