import type { Evidence } from '../evidence/evidence.ts'
import { clientErrorsOf } from '../outcome/minutes.ts'
import { asRate, findingIf, inSeconds, type Rule, rounded } from './rule.ts'

const BAD_RATE_SWEEPS = 2
const CLIENT_ERROR_RATE = 0.2

export const consecutiveFailures: Rule<'consecutive_failures'> = (evidence, { streakFailures }) => {
  const streak = streakOf(evidence)
  return findingIf(streak >= streakFailures, {
    severity: 'issue',
    rule: 'consecutive_failures',
    value: String(streak),
    observed: streak,
    threshold: streakFailures,
  })
}

/** The streak without the failures of the way to the provider, if it could be used again after the last failure. */
function streakOf({ totals, usableAgainAt }: Evidence): number {
  const { trailingFailures, trailingTransport, lastFailureAt } = totals
  const hasRecovered = usableAgainAt !== null && usableAgainAt > (lastFailureAt ?? 0)
  return hasRecovered ? trailingFailures - trailingTransport : trailingFailures
}

export const noSolveFor: Rule<'no_solve_for'> = ({ demandSeconds }, { noSolveSeconds }) =>
  findingIf(demandSeconds >= noSolveSeconds, {
    severity: 'issue',
    rule: 'no_solve_for',
    value: inSeconds(demandSeconds),
    observed: Math.floor(demandSeconds),
    threshold: noSolveSeconds,
  })

export const stalledFor: Rule<'stalled_for'> = ({ waitingSince, usableAgainAt, ranAt }, { stalledSeconds }) => {
  const stalled = waitingSince === null ? 0 : (ranAt - Math.max(waitingSince, usableAgainAt ?? 0)) / 1000
  return findingIf(stalled >= stalledSeconds, {
    severity: 'issue',
    rule: 'stalled_for',
    value: inSeconds(stalled),
    observed: Math.floor(stalled),
    threshold: stalledSeconds,
  })
}

export const errorRate: Rule<'error_rate'> = ({ errorRate, badRateSweeps }, { emergencyErrorRate }) =>
  findingIf(errorRate !== null && badRateSweeps >= BAD_RATE_SWEEPS, {
    severity: 'issue',
    rule: 'error_rate',
    value: asRate(errorRate),
    observed: rounded(errorRate),
    threshold: emergencyErrorRate,
  })

export const queueFull: Rule<'queue_full'> = ({ queue }, { queueCapacity }) =>
  findingIf(queue.waiting >= queueCapacity, {
    severity: 'issue',
    rule: 'queue_full',
    value: String(queue.waiting),
    observed: queue.waiting,
    threshold: queueCapacity,
  })

export const clientErrors: Rule<'client_errors'> = ({ minutes, ranAt }) => {
  const rate = clientErrorsOf(minutes, ranAt)
  return findingIf(rate !== null && rate > CLIENT_ERROR_RATE, {
    severity: 'warning',
    rule: 'client_errors',
    value: asRate(rate),
    observed: rounded(rate),
    threshold: CLIENT_ERROR_RATE,
  })
}

export const starting: Rule<'starting'> = ({ lastOutcomeAt }) =>
  findingIf(lastOutcomeAt === null, { severity: 'warning', rule: 'starting', observed: 0, threshold: 1 })
