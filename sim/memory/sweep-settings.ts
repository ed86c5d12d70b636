import { SETTINGS } from '../../functions/contract/settings.ts'
import type { SweepSettings } from '../../functions/sweep/sweep.ts'

/** Every setting that the sweep reads, at its default. */
export const defaultSweepSettings: SweepSettings = {
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
  breakerFirstOpenSeconds: SETTINGS.breakerFirstOpenSeconds.default,
  breakerOpenSeconds: SETTINGS.breakerOpenSeconds.default,
  breakerSuccesses: SETTINGS.breakerSuccesses.default,
  failoverSweeps: SETTINGS.failoverSweeps.default,
  failbackSweeps: SETTINGS.failbackSweeps.default,
  dwellSeconds: SETTINGS.dwellSeconds.default,
  spendPerHour: SETTINGS.spendPerHour.default,
  spendPerDay: SETTINGS.spendPerDay.default,
}
