import { pauseChange, resumeChange } from '../../../functions/core/admission/steps/pause.ts'
import { START, type World } from '../world.ts'

/** The person on call: pauses the fleet and resumes, in the seeds that are in this trouble. */
export function pauseFor(world: World): void {
  const { trouble } = world.scenario
  if (trouble?.kind !== 'pause') return
  world.virtualTime.at(START + trouble.from * 1000, () => command(world, true))
  world.virtualTime.at(START + trouble.until * 1000, () => command(world, false))
}

/** As `lifesign pause` and `lifesign resume` do it, but for the races: nothing comes between the read and the write. */
function command({ admission, oracle, virtualTime, trace }: World, isPause: boolean): void {
  const stored = admission.stored()
  if (stored.kind !== 'admission') return
  const { epoch, control: before } = stored.admission
  trace?.('person', isPause ? 'pauses' : 'resumes')
  oracle.record({ kind: 'commanded', isPause })
  const pause = { by: 'a person', at: virtualTime.now(), reason: 'to look at it' }
  const { control } = isPause ? pauseChange(before, pause) : resumeChange(before)
  if (control !== undefined) void admission.write({ epoch, control })
}
