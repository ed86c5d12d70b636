import type { Observation } from '../../provider/observation.ts'
import { type BreakerSettings, type Closed, type HalfOpen, isOwnPeriod, type Open, opened } from './breaker-periods.ts'
import type { Breaker, Failures, Operation } from './breaker-state.ts'
import { weightOf } from './weight.ts'

/** How long a provider that blocks our address and does not say for how long is left alone. */
export const BLOCKED_SECONDS = 60
/** That many times `breakerFailures` open the breaker however fast they come. */
const AT_ONCE = 4

/** The breaker after one observation by the invocation `by`. Answers the same object where nothing changes. */
export function afterObservation(breaker: Breaker, seen: Observation, by: string, settings: BreakerSettings): Breaker {
  switch (breaker.state) {
    case 'closed':
      return whileClosed(breaker, seen, settings)
    case 'open':
      return whileOpen(breaker, seen, settings)
    case 'half_open':
      return whileHalfOpen(breaker, seen, by, settings)
  }
}

function whileClosed(breaker: Closed, seen: Observation, settings: BreakerSettings): Breaker {
  const { operation } = seen
  const failures = counted(breaker[operation], seen)
  const next = failures === breaker[operation] ? breaker : { ...breaker, [operation]: failures }
  const isOver = isBlocked(seen) || (weightOf(seen) === 'failure' && isEnough(failures, seen.at, settings))
  return isOver ? opened(next, openingBy(seen, failures), settings) : next
}

/**
 * Polls of tasks in flight go on and show whether results can be had: the first one that is answered after several that
 * were not ends the open period, so that the fleet does not wait for nothing. A block lasts until its last answer says
 * so.
 */
function whileOpen(breaker: Open, seen: Observation, { breakerFailures }: BreakerSettings): Breaker {
  const polled = withPolls(breaker, seen)
  const isAnsweredAgain = (breaker.result?.count ?? 0) >= breakerFailures && polled.result === null
  const next = isAnsweredAgain && isOwnPeriod(breaker) ? { ...polled, until: Math.min(breaker.until, seen.at) } : polled
  const blockedUntil = isBlocked(seen) ? seen.at + askedFor(seen) * 1000 : 0
  return blockedUntil > breaker.until ? { ...next, until: blockedUntil } : next
}

/** Of the submits only the probe counts, which is the one of the invocation that holds the lease. */
function whileHalfOpen(breaker: HalfOpen, seen: Observation, by: string, settings: BreakerSettings): Breaker {
  const next = withPolls(breaker, seen)
  if (isBlocked(seen)) return opened(next, openingBy(seen, null), settings)
  if (seen.operation !== 'submit' || breaker.lease?.id !== by) return next
  switch (weightOf(seen)) {
    case 'nothing':
      return { ...next, lease: null }
    case 'failure':
      return opened(next, { ...openingBy(seen, null), cause: `probe: ${codeOf(seen)}` }, settings)
    case 'success':
      return afterGoodProbe(next, seen.at, settings)
  }
}

/** An accepted submit does not close the breaker while polls fail. */
function afterGoodProbe(breaker: HalfOpen, at: number, settings: BreakerSettings): Breaker {
  const { successes, seconds, result = null } = breaker
  if (isEnough(result, at, settings)) return opened(breaker, { at, cause: 'polls still fail' }, settings)
  return successes + 1 < settings.breakerSuccesses
    ? { ...breaker, successes: successes + 1, lease: null }
    : { state: 'closed', submit: null, result, rampSince: at, seconds }
}

function withPolls<B extends Open | HalfOpen>(breaker: B, seen: Observation): B {
  const before = breaker.result ?? null
  const result = seen.operation === 'result' ? counted(before, seen) : before
  return result === before ? breaker : { ...breaker, result }
}

/** Reports arrive in any order: a success before the first failure says nothing about that failure. */
function counted(failures: Failures | null, seen: Observation): Failures | null {
  switch (weightOf(seen)) {
    case 'nothing':
      return failures
    case 'success':
      return failures !== null && seen.at < failures.since ? failures : null
    case 'failure':
      return failures === null
        ? { count: 1, since: seen.at }
        : { count: failures.count + 1, since: Math.min(failures.since, seen.at) }
  }
}

function isEnough(failures: Failures | null, at: number, settings: BreakerSettings): boolean {
  const { breakerFailures: needed, breakerSpanSeconds: span } = settings
  if (failures === null || failures.count < needed) return false
  return at - failures.since >= span * 1000 || failures.count >= AT_ONCE * needed
}

const WHAT: Record<Operation, string> = { submit: 'submits', result: 'polls' }

const openingBy = (seen: Observation, failures: Failures | null) => ({
  at: seen.at,
  atLeast: askedFor(seen),
  cause: isBlocked(seen) ? codeOf(seen) : `${failures?.count ?? 1} ${WHAT[seen.operation]}: ${codeOf(seen)}`,
})
const isBlocked = ({ answer }: Observation): boolean => answer.kind === 'failure' && answer.class === 'blocked'
const askedFor = (seen: Observation): number =>
  seen.answer.kind === 'ok' ? 0 : (seen.answer.retryAfterSeconds ?? (isBlocked(seen) ? BLOCKED_SECONDS : 0))
const codeOf = ({ answer }: Observation): string => (answer.kind === 'ok' ? 'ok' : answer.code)
