import { type FailureClass, isAccountClass } from '../provider/error-class.ts'
import { methodOf, unknownMethod } from '../provider/methods.ts'
import type { OutcomeEvent } from './event.ts'
import { minuteOf } from './minutes.ts'
import { combine, EMPTY_SUMMARY, HISTOGRAM_SECONDS, type Histogram, type Summary } from './summary.ts'

/** The summary of one event. */
function summaryOf(event: OutcomeEvent): Summary {
  const { at } = event
  switch (event.kind) {
    case 'received':
      return { ...EMPTY_SUMMARY, received: 1 }
    case 'duplicate':
      return { ...EMPTY_SUMMARY, duplicates: 1 }
    case 'invalid':
      return { ...EMPTY_SUMMARY, invalid: 1, lastClientErrorAt: at }
    case 'deadLettered':
      return { ...EMPTY_SUMMARY, deadLettered: 1 }
    case 'accepted':
      return {
        ...EMPTY_SUMMARY,
        accepted: 1,
        lastWorkingSubmitAt: at,
        accountAnswers: { [event.provider]: { at, refusal: null } },
        slowSubmits: slowSubmitsOf(event),
      }
    case 'refused':
      return {
        ...EMPTY_SUMMARY,
        refusedByClass: { [event.class]: 1 },
        lastWorkingSubmitAt: event.class === 'task' ? at : null,
        accountAnswers: accountAnswersOf(event),
        lost: isTransport(event.class) ? { [event.provider]: 1 } : {},
        slowSubmits: slowSubmitsOf(event),
      }
    case 'pollRefused':
      return { ...EMPTY_SUMMARY, accountAnswers: accountAnswersOf(event) }
    case 'parked':
      return { ...EMPTY_SUMMARY, parked: 1, oldestParkedAt: event.enqueuedAt }
    case 'slow': {
      const { taskId, method, submittedAt } = event
      return { ...EMPTY_SUMMARY, slow: [{ taskId, method: methodLabel(method), submittedAt, seenAt: minuteOf(at) }] }
    }
    case 'changed': {
      const { kind: _, ...change } = event
      return { ...EMPTY_SUMMARY, changes: [change] }
    }
    case 'polled':
      return { ...EMPTY_SUMMARY, polled: 1 }
    case 'solved': {
      const method = methodLabel(event.method)
      return {
        ...EMPTY_SUMMARY,
        ...event.spent,
        solved: 1,
        lastSolveAt: at,
        solveSeconds: { [method]: histogramOf(event.seconds) },
        solveMs: { [method]: millisecondsOf(event.seconds) },
      }
    }
    case 'failed': {
      const counted = event.counted ? 1 : 0
      return {
        ...EMPTY_SUMMARY,
        ...event.spent,
        failed: 1,
        failedCharged: event.charged ? 1 : 0,
        failedByClass: { [event.class]: 1 },
        counted,
        trailingFailures: counted,
        trailingTransport: isTransport(event.class) ? counted : 0,
        lastFailureAt: event.counted ? at : null,
        lastClientErrorAt: event.class === 'task' ? at : null,
      }
    }
    case 'expired': {
      const { submittedAt, counted, spent } = event
      if (submittedAt === null) return { ...EMPTY_SUMMARY, ...spent, expiredWaiting: 1 }
      if (!counted) return { ...EMPTY_SUMMARY, ...spent, expiredSubmitted: 1 }
      const streak = { counted: 1, trailingFailures: 1, lastFailureAt: at, lastExpiredSubmittedAt: submittedAt }
      return { ...EMPTY_SUMMARY, ...spent, ...streak, expiredSubmitted: 1 }
    }
    case 'late':
      return { ...EMPTY_SUMMARY, late: 1 }
    case 'fault':
      return { ...EMPTY_SUMMARY, faults: 1 }
  }
}

/** Refusals of other classes say nothing about the account. */
function accountAnswersOf(
  refused: Extract<OutcomeEvent, { kind: 'refused' | 'pollRefused' }>,
): Summary['accountAnswers'] {
  const { at, provider, class: name, code } = refused
  return isAccountClass(name) ? { [provider]: { at, refusal: { class: name, code } } } : {}
}

const slowSubmitsOf = ({ provider, isSlow }: { provider: string; isSlow?: boolean }): Summary['slowSubmits'] =>
  isSlow === true ? { [provider]: 1 } : {}

/** Failures that the way to the provider made, and not its solvers. */
const isTransport = (name: FailureClass): boolean => name === 'transient' || name === 'uncertain'

/** Unknown methods become `other`: clients can send any method name, and the record must not grow with them. */
const methodLabel = (method: string): string => (methodOf(method) === unknownMethod ? 'other' : method)

const histogramOf = (seconds: number): Histogram => {
  const found = HISTOGRAM_SECONDS.findIndex((upTo) => seconds <= upTo)
  const bucket = found === -1 ? HISTOGRAM_SECONDS.length : found
  return [...HISTOGRAM_SECONDS, Number.POSITIVE_INFINITY].map((_, i) => (i === bucket ? 1 : 0))
}

/** Clocks of two workers may differ, so a time may be below zero; a sum that is scraped must never fall. */
const millisecondsOf = (seconds: number): number => Math.max(0, Math.round(seconds * 1000))

/** The summary of events in their order. */
export function summarise(events: readonly OutcomeEvent[]): Summary {
  const [first = EMPTY_SUMMARY, ...others] = events.map(summaryOf)
  return others.reduce(combine, first)
}
