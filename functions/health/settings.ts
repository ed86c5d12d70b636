import type { SettingName, Settings } from '../contract/settings.ts'
import type { ViewSettings } from '../core/record/view.ts'

/** The settings that the readiness view shows. */
export const THRESHOLDS = [
  'streakFailures',
  'noSolveSeconds',
  'stalledSeconds',
  'minBalance',
  'queueCapacity',
  'maxInFlight',
  'degradedQueueDepth',
  'degradedErrorRate',
  'emergencyErrorRate',
] as const satisfies readonly SettingName[]
export type Thresholds = Pick<Settings, (typeof THRESHOLDS)[number]>

/** The settings that the load is measured by. */
export type Capacity = Pick<Settings, 'maxInFlight' | 'queueCapacity'>

/** The settings that determine when the answer may change. */
export type WaitSettings = Pick<Settings, 'sweepSeconds' | 'leaveNotReadySweeps' | 'queueCapacity'>

/** The settings that the probes of the deep view need. */
export type DeepSettings = Pick<Settings, 'provider' | 'providerTimeoutSeconds'>

/** All settings that the views read. */
export type HealthSettings = ViewSettings & Thresholds & Capacity & WaitSettings
