import { SETTINGS } from '../../functions/contract/settings.ts'
import type { ObserveSettings } from '../../functions/core/admission/steps/observe.ts'

/** Every setting of breaker, hold and route that workers read, at its default. */
export const defaultObserveSettings: Omit<ObserveSettings, 'order'> = {
  balanceSeconds: SETTINGS.balanceSeconds.default,
  breakerFailures: SETTINGS.breakerFailures.default,
  breakerSpanSeconds: SETTINGS.breakerSpanSeconds.default,
  breakerFirstOpenSeconds: SETTINGS.breakerFirstOpenSeconds.default,
  breakerOpenSeconds: SETTINGS.breakerOpenSeconds.default,
  breakerSuccesses: SETTINGS.breakerSuccesses.default,
  dwellSeconds: SETTINGS.dwellSeconds.default,
}
