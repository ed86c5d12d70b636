import { SETTINGS } from '../../functions/contract.ts'
import { makeSweep, type SweepSettings } from '../../functions/sweep/sweep.ts'
import { makePool } from './pool.ts'
import type { World } from './world.ts'

const settings: SweepSettings = {
  sweepSeconds: SETTINGS.sweepSeconds.default,
  settlingSeconds: SETTINGS.settlingSeconds.default,
  streakFailures: SETTINGS.streakFailures.default,
  noSolveSeconds: SETTINGS.noSolveSeconds.default,
  stalledSeconds: SETTINGS.stalledSeconds.default,
  minBalance: SETTINGS.minBalance.default,
  balanceSeconds: SETTINGS.balanceSeconds.default,
  providerTimeoutSeconds: SETTINGS.providerTimeoutSeconds.default,
  maxInFlight: SETTINGS.maxInFlight.default,
  queueCapacity: SETTINGS.queueCapacity.default,
  degradedQueueDepth: SETTINGS.degradedQueueDepth.default,
  degradedErrorRate: SETTINGS.degradedErrorRate.default,
  emergencyErrorRate: SETTINGS.emergencyErrorRate.default,
  enterNotReadySweeps: SETTINGS.enterNotReadySweeps.default,
  leaveNotReadySweeps: SETTINGS.leaveNotReadySweeps.default,
}
const TIMEOUT_SECONDS = 50

/** The scheduler: a sweep each minute, now and then none, now and then two at once. */
export function startSweeps(world: World): { last(swept: () => void): void } {
  const { timeline, faults } = world
  const pool = makePool(world, 'sweep', TIMEOUT_SECONDS, ({ provider, ...ports }) =>
    makeSweep({ ...ports, providers: [provider], log: () => {} }, settings),
  )
  const sweep = () =>
    pool.invoke(
      (useCase) => useCase(),
      () => {},
    )
  const tick = () => {
    if (!faults.strikes('sweepSkipped')) sweep()
    if (faults.strikes('sweepTwice')) timeline.after(world.random.next() * 2000, sweep)
    timeline.after(settings.sweepSeconds * 1000, tick)
  }
  timeline.after(world.random.next() * settings.sweepSeconds * 1000, tick)
  /** One sweep that nothing disturbs. */
  const last = (swept: () => void): void =>
    pool.invoke(
      (useCase) => useCase(),
      (end) => (end.kind === 'answered' && end.answer.kind === 'swept' ? swept() : last(swept)),
    )
  return { last }
}
