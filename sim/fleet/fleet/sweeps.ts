import { makeSweep } from '../../../functions/sweep/sweep.ts'
import { memoryHistoryStore } from '../../memory/history-store.ts'
import { defaultSweepSettings } from '../../memory/sweep-settings.ts'
import type { World } from '../world.ts'
import type { IntakeMapping } from './intake-mapping.ts'
import { makePool } from './pool.ts'

const TIMEOUT_SECONDS = 50

/** The scheduler: a sweep each minute, now and then none, now and then two at once. */
export function startSweeps(world: World, mapping: IntakeMapping): { last(swept: () => void): void } {
  const { virtualTime, faults } = world
  const history = memoryHistoryStore()
  const pool = makePool(world, 'sweep', TIMEOUT_SECONDS, (ports) =>
    makeSweep({ ...ports, history, intake: ports.intakeOf(mapping), log: () => {} }, defaultSweepSettings),
  )
  const sweep = () => {
    const beganAt = virtualTime.now()
    pool.invoke(
      (useCase) => useCase(),
      (end) => {
        if (end.kind === 'answered' && end.answer.kind === 'swept') {
          world.oracle.record({ kind: 'judged', record: end.answer.record, beganAt })
        }
      },
    )
  }
  const tick = () => {
    if (!faults.strikes('sweepSkipped')) sweep()
    if (faults.strikes('sweepTwice')) virtualTime.after(world.random.next() * 2000, sweep)
    virtualTime.after(defaultSweepSettings.sweepSeconds * 1000, tick)
  }
  virtualTime.after(world.random.next() * defaultSweepSettings.sweepSeconds * 1000, tick)
  /** One sweep that nothing disturbs. */
  const last = (swept: () => void): void =>
    pool.invoke(
      (useCase) => useCase(),
      (end) => (end.kind === 'answered' && end.answer.kind === 'swept' ? swept() : last(swept)),
    )
  return { last }
}
