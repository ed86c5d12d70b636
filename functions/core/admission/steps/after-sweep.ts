import type { Settings } from '../../../contract/settings.ts'
import type { Histogram } from '../../outcome/summary.ts'
import { type BreakerFinding, breakerAfterSweep } from '../breaker/breaker-after-sweep.ts'
import type { OpeningSettings } from '../breaker/breaker-periods.ts'
import type { Control, Mode, ProviderControl } from '../item/admission.ts'
import { initialProvider } from '../item/initial.ts'
import { withAnyKey } from '../route/key-rules.ts'
import { routeAfterSweep } from '../route/router.ts'
import { drainAfter, drainOf } from '../waits/drain.ts'
import { observedWaits } from '../waits/observed-waits.ts'

/** What one sweep found that the workers cannot see. */
export interface SweepFindings {
  mode: Mode
  /** Tasks settled per second of the last minutes; null: none was. */
  settledPerSecond: number | null
  /** Of the last minutes' solutions, the share that came by a callback; null: too few solutions. */
  calledBack: number | null
  /** Method → solve times since the fleet began. */
  solveSeconds: Readonly<Record<string, Histogram>>
  /** In order of preference. */
  providers: readonly ProviderFinding[]
  /** Whether the active provider does not do its work, whatever its breaker says. */
  isActiveBad: boolean
  /** Whether a task waits or is in flight. */
  demand: boolean
  /** False: an earlier sweep of the same period was counted already. */
  isNewPeriod: boolean
}

export interface ProviderFinding extends Omit<BreakerFinding, 'demand'> {
  name: string
  /** Whether the account could pay for tasks. */
  isSound: boolean
  threads: number | null
}

export type AfterSweepSettings = OpeningSettings &
  Pick<Settings, 'maxInFlight' | 'breakerSuccesses' | 'dwellSeconds' | 'failoverSweeps' | 'failbackSweeps'>

const CALLBACKS_ON = 0.5
const CALLBACKS_OFF = 0.25

/**
 * The control after a sweep. The very same object where nothing changes, so that no write is made. What only a person
 * changes stays as it is.
 */
export function controlAfterSweep(
  before: Control,
  found: SweepFindings,
  now: number,
  settings: AfterSweepSettings,
): Control {
  const names = found.providers.map(({ name }) => name)
  const providers = Object.fromEntries(
    found.providers.map((finding) => [
      finding.name,
      providerAfterSweep(
        before.providers[finding.name] ?? initialProvider,
        { ...finding, demand: found.demand },
        now,
        settings,
      ),
    ]),
  )
  // A provider that is no longer configured may still have tasks in flight.
  const next: Control = {
    ...before,
    mode: found.mode,
    providers: { ...before.providers, ...providers },
    callbacks: callbacksAfter(before.callbacks, found.calledBack),
    waits: observedWaits(found.solveSeconds),
  }
  const good = new Set(found.providers.filter(({ isSound }) => isSound).map(({ name }) => name))
  const { isActiveBad, isNewPeriod } = found
  const drainPerSecond = drainAfter(before.drainPerSecond, drainOf(found, next, now, settings))
  const route = isNewPeriod ? routeAfterSweep(next, names, { isActiveBad, good }, now, settings) : next.route
  const counted = { ...route, ...boundedCounts(route, settings) }
  const after = { ...next, drainPerSecond, route: counted }
  return JSON.stringify(after) === JSON.stringify(before) ? before : after
}

/** Beyond these numbers nothing depends on the counts, and each change of them would be a write. */
const boundedCounts = ({ badSweeps, goodSweeps }: Control['route'], settings: AfterSweepSettings) => ({
  badSweeps: Math.min(badSweeps, settings.failoverSweeps),
  goodSweeps: Math.min(goodSweeps, settings.failbackSweeps),
})

function providerAfterSweep(
  before: ProviderControl,
  finding: ProviderFinding & BreakerFinding,
  now: number,
  settings: AfterSweepSettings,
): ProviderControl {
  const { answered, threads, isSound } = finding
  const { breaker, hold } = before
  const isBackInFunds = hold?.class === 'funds' && answered === true && isSound
  const wait = isBackInFunds ? (hold.asked ?? null) : hold
  return {
    ...before,
    threads,
    key: answered === true ? withAnyKey(before.key) : before.key,
    hold: wait !== null && wait.until <= now ? null : wait,
    breaker: breakerAfterSweep(breaker, finding, now, settings),
  }
}

/** On from half of the solutions, off below a quarter. Without solutions it stays as it is, but begins as off. */
function callbacksAfter(before: boolean, share: number | null): boolean {
  if (share === null) return before
  return share >= (before ? CALLBACKS_OFF : CALLBACKS_ON)
}
