import { makeSweep } from '../../../functions/sweep/sweep.ts'
import { memoryHistoryStore } from '../../memory/history-store.ts'
import { memoryIntake } from '../../memory/intake.ts'
import { defaultSweepSettings } from '../../memory/sweep-settings.ts'
import type { World } from '../world.ts'
import { makePool } from './pool.ts'

const TIMEOUT_SECONDS = 50

/** The scheduler: a sweep each minute, now and then none, now and then two at once. */
export function startSweeps(world: World): { last(swept: () => void): void } {
  const { timeline, faults } = world
  const intake = memoryIntake(timeline)
  const history = memoryHistoryStore()
  const pool = makePool(world, 'sweep', TIMEOUT_SECONDS, ({ provider, ...ports }) =>
    makeSweep({ ...ports, history, intake, providers: [provider], log: () => {} }, defaultSweepSettings),
  )
  const sweep = () =>
    pool.invoke(
      (useCase) => useCase(),
      (end) => {
        if (end.kind === 'answered' && end.answer.kind === 'swept') {
          world.oracle.record({ kind: 'judged', record: end.answer.record })
        }
      },
    )
  const tick = () => {
    if (!faults.strikes('sweepSkipped')) sweep()
    if (faults.strikes('sweepTwice')) timeline.after(world.random.next() * 2000, sweep)
    timeline.after(defaultSweepSettings.sweepSeconds * 1000, tick)
  }
  timeline.after(world.random.next() * defaultSweepSettings.sweepSeconds * 1000, tick)
  /** One sweep that nothing disturbs. */
  const last = (swept: () => void): void =>
    pool.invoke(
      (useCase) => useCase(),
      (end) => (end.kind === 'answered' && end.answer.kind === 'swept' ? swept() : last(swept)),
    )
  return { last }
}
