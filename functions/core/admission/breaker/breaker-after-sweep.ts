import type { Settings } from '../../../contract/settings.ts'
import { type HalfOpen, halfOpened, isOwnPeriod, type Open, type OpeningSettings, opened } from './breaker-periods.ts'
import type { Breaker } from './breaker-state.ts'

/** `failed`: refused or lost in a way that counts for the breaker. `slow`: answered slowly, or not in time. */
interface SubmitCounts {
  sent: number
  failed: number
  slow: number
}

/** What one sweep found about a provider, as far as its breaker depends on it. */
export interface BreakerFinding {
  /** Whether the account call of this sweep was answered; null: none was made. */
  answered: boolean | null
  /** Whether it was answered after several that were lost. */
  isBack: boolean
  /** Submits since the last sweep. */
  submits: SubmitCounts
  /** Whether a task waits or is in flight. */
  demand: boolean
}

type BreakerSweepSettings = OpeningSettings & Pick<Settings, 'breakerSuccesses'>

/** Beneath this many submits between two sweeps, a share of failures or of slow answers says nothing. */
const RATE_SUBMITS = 20
const FAILURE_RATE = 0.5
/** A slow answer is still an answer, so it takes a higher share of them than of failures. */
const SLOW_RATE = 0.8

/**
 * An answered account call shows that the provider can be reached, so a real task may try. While tasks are there, only
 * accepted ones close the breaker; while there is none, answered account calls do, sweep by sweep. Where many submits
 * are sent, a high share of failures opens it, also if successes come in between, and so does a higher share of slow
 * answers.
 */
export function breakerAfterSweep(
  breaker: Breaker,
  finding: BreakerFinding,
  now: number,
  settings: BreakerSweepSettings,
): Breaker {
  if (breaker.state === 'open') return afterAccountCall(breaker, finding, now)
  if (breaker.state === 'half_open')
    return finding.answered === true && !finding.demand ? afterIdleProbe(breaker, now, settings) : breaker
  const cause = tooMany(finding.submits)
  return cause === null ? breaker : opened(breaker, { at: now, cause }, settings)
}

/**
 * An account that answers again after several lost calls shows that the outage is over, so nobody waits for the rest of
 * the open period; and polls that failed in the outage say nothing any more. While there is no task, it is the first
 * probe as well.
 */
function afterAccountCall(breaker: Open, { answered, isBack, demand }: BreakerFinding, now: number): Breaker {
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

function afterIdleProbe(breaker: HalfOpen, now: number, { breakerSuccesses }: BreakerSweepSettings): Breaker {
  const successes = breaker.successes + 1
  if (successes < breakerSuccesses) return { ...breaker, successes }
  return { state: 'closed', submit: null, result: null, rampSince: now, seconds: breaker.seconds }
}
