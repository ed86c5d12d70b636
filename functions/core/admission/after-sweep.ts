import type { Settings } from '../../contract/settings.ts'
import { meanOf, sumOf } from '../outcome/histogram.ts'
import type { Histogram } from '../outcome/summary.ts'
import type { Control, Mode, ProviderControl } from './admission.ts'
import { type HalfOpen, halfOpened, isOwnPeriod, type Open, type OpeningSettings, opened } from './breaker-periods.ts'
import type { Breaker } from './breaker-state.ts'
import { limitAt } from './capacity.ts'
import { initialProvider } from './initial.ts'
import { withAnyKey } from './key-rules.ts'
import { observedWaits } from './observed-waits.ts'
import { routeAfterSweep } from './router.ts'

/** What one sweep found that the workers cannot see. */
export interface SweepFindings {
  mode: Mode
  /** Tasks settled per second of the last minutes; null: none was. */
  settledPerSecond: number | null
  /** Of the last minutes' solutions, the share that callbacks told of; null: too few solutions. */
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

export interface ProviderFinding {
  name: string
  /** Whether the account call of this sweep was answered; null: none was made. */
  answered: boolean | null
  /** Whether it was answered after several that were lost. */
  isBack: boolean
  /** Whether the account could pay for tasks. */
  isSound: boolean
  threads: number | null
  /** Submits since the last sweep. */
  submits: SubmitCounts
}

/** `failed`: refused or lost in a way that counts for the breaker. `slow`: answered slowly, or not in time. */
interface SubmitCounts {
  sent: number
  failed: number
  slow: number
}

export type AfterSweepSettings = OpeningSettings &
  Pick<Settings, 'maxInFlight' | 'breakerSuccesses' | 'dwellSeconds' | 'failoverSweeps' | 'failbackSweeps'>

/** Beneath this many submits between two sweeps, a share of failures or of slow answers says nothing. */
const RATE_SUBMITS = 20
const FAILURE_RATE = 0.5
/** A slow answer is still an answer, so it takes a higher share of them than of failures. */
const SLOW_RATE = 0.8
/** The drain rate is written anew when it has changed by this share. */
const DRAIN_SHARE = 0.2
const PLACES_SHARE = 0.8
/** A place is held until a poll finds the solution: half of the usual time between two polls. */
const POLL_WAIT_SECONDS = 2.5
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
  { answered, isBack, threads, submits, isSound, demand }: ProviderFinding & Pick<SweepFindings, 'demand'>,
  now: number,
  settings: AfterSweepSettings,
): ProviderControl {
  const { breaker, hold } = before
  const isBackInFunds = hold?.class === 'funds' && answered === true && isSound
  const wait = isBackInFunds ? (hold.asked ?? null) : hold
  return {
    ...before,
    threads,
    key: answered === true ? withAnyKey(before.key) : before.key,
    hold: wait !== null && wait.until <= now ? null : wait,
    breaker: breakerAfterSweep(breaker, { answered, isBack, submits, demand }, now, settings),
  }
}

/**
 * An answered account call shows that the provider can be reached, so a real task may try. While tasks are there, only
 * accepted ones close the breaker; while there is none, answered account calls do, sweep by sweep. Where many submits
 * are sent, a high share of failures opens it, also if successes come in between, and so does a higher share of slow
 * answers.
 */
function breakerAfterSweep(
  breaker: ProviderControl['breaker'],
  {
    answered,
    isBack,
    submits,
    demand,
  }: Pick<ProviderFinding, 'answered' | 'isBack' | 'submits'> & Pick<SweepFindings, 'demand'>,
  now: number,
  settings: AfterSweepSettings,
): ProviderControl['breaker'] {
  if (breaker.state === 'open') return afterAccountCall(breaker, { answered, isBack, demand }, now)
  if (breaker.state === 'half_open')
    return answered === true && !demand ? afterIdleProbe(breaker, now, settings) : breaker
  const cause = tooMany(submits)
  return cause === null ? breaker : opened(breaker, { at: now, cause }, settings)
}

/**
 * An account that answers again after several lost calls shows that the outage is over, so nobody waits for the rest of
 * the open period; and polls that failed in the outage say nothing any more. While there is no task, it is the first
 * probe as well.
 */
function afterAccountCall(
  breaker: Open,
  { answered, isBack, demand }: Pick<ProviderFinding, 'answered' | 'isBack'> & Pick<SweepFindings, 'demand'>,
  now: number,
): Breaker {
  if (answered !== true) return breaker
  if (isBack && (isOwnPeriod(breaker) || breaker.until <= now))
    return { ...halfOpened({ ...breaker, result: null }, now), successes: demand ? 0 : 1 }
  return breaker.until <= now ? halfOpened(breaker, now) : breaker
}

/** Why this share of failed or slow submits opens the breaker. Null: it does not. */
function tooMany({ sent, failed, slow }: SubmitCounts): string | null {
  if (sent < RATE_SUBMITS) return null
  if (failed >= FAILURE_RATE * sent) return `${failed} of ${sent} submits failed`
  return slow >= SLOW_RATE * sent ? `${slow} of ${sent} submits were slow` : null
}

function afterIdleProbe(breaker: HalfOpen, now: number, { breakerSuccesses }: AfterSweepSettings): Breaker {
  const successes = breaker.successes + 1
  if (successes < breakerSuccesses) return { ...breaker, successes }
  return { state: 'closed', submit: null, result: null, rampSince: now, seconds: breaker.seconds }
}

/** On from half of the solutions, off below a quarter. Without solutions it stays as it is, but begins as off. */
function callbacksAfter(before: boolean, share: number | null): boolean {
  if (share === null) return before
  return share >= (before ? CALLBACKS_OFF : CALLBACKS_ON)
}

/**
 * What the places can do is known from the solve times, and holds also right after an outage or a quiet time, when few
 * tasks were settled. Where a provider has become slower than it ever was, it is too much; so it counts for less.
 */
function drainOf(
  { settledPerSecond, solveSeconds }: SweepFindings,
  { providers, route }: Control,
  now: number,
  { maxInFlight }: AfterSweepSettings,
): number | null {
  const places = limitAt(providers[route.active] ?? initialProvider, maxInFlight, now)
  const seconds = meanOf(sumOf(Object.values(solveSeconds)))
  if (seconds === null) return settledPerSecond
  return Math.max(settledPerSecond ?? 0, (PLACES_SHARE * places) / (seconds + POLL_WAIT_SECONDS))
}

function drainAfter(before: number | null, now: number | null): number | null {
  if (before === null || now === null) return now === null ? null : rounded(now)
  return Math.abs(now - before) > DRAIN_SHARE * before ? rounded(now) : before
}
const rounded = (rate: number): number => Number(rate.toPrecision(2))
