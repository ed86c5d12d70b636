import { isAccountClass } from './errors.ts'
import { methodOf, unknownMethod } from './methods.ts'
import { minuteOf } from './minutes.ts'
import { type Happening, HISTOGRAM_SECONDS, type Histogram, type Summary } from './outcome.ts'

/** Nothing happened: `combine(EMPTY, x)` and `combine(x, EMPTY)` are `x`. */
export const EMPTY: Summary = {
  received: 0,
  duplicates: 0,
  invalid: 0,
  deadLettered: 0,
  accepted: 0,
  parked: 0,
  polled: 0,
  solved: 0,
  failed: 0,
  failedCharged: 0,
  failedByClass: {},
  counted: 0,
  expiredSubmitted: 0,
  expiredWaiting: 0,
  resubmitted: 0,
  unknown: 0,
  late: 0,
  faults: 0,
  refusedByClass: {},
  accountAnswers: {},
  trailingFailures: 0,
  lastSolveAt: null,
  lastAcceptedAt: null,
  oldestParkedAt: null,
  slow: [],
  lastExpiredSubmittedAt: null,
  solveSeconds: {},
}

/** One fact as a summary. */
export function summaryOf(happening: Happening): Summary {
  const { at } = happening
  switch (happening.kind) {
    case 'received':
      return { ...EMPTY, received: 1 }
    case 'duplicate':
      return { ...EMPTY, duplicates: 1 }
    case 'invalid':
      return { ...EMPTY, invalid: 1 }
    case 'deadLettered':
      return { ...EMPTY, deadLettered: 1 }
    case 'accepted':
      return {
        ...EMPTY,
        accepted: 1,
        lastAcceptedAt: at,
        accountAnswers: { [happening.provider]: { at, refusal: null } },
      }
    case 'refused':
      return { ...EMPTY, refusedByClass: { [happening.class]: 1 }, accountAnswers: accountAnswersOf(happening) }
    case 'lookRefused':
      return { ...EMPTY, accountAnswers: accountAnswersOf(happening) }
    case 'parked':
      return { ...EMPTY, parked: 1, oldestParkedAt: happening.enqueuedAt }
    case 'slow': {
      const { taskId, method, submittedAt } = happening
      return { ...EMPTY, slow: [{ taskId, method: familiar(method), submittedAt, seenAt: minuteOf(at) }] }
    }
    case 'polled':
      return { ...EMPTY, polled: 1 }
    case 'solved':
      return {
        ...EMPTY,
        ...happening.spent,
        solved: 1,
        lastSolveAt: at,
        solveSeconds: { [familiar(happening.method)]: histogramOf(happening.seconds) },
      }
    case 'failed': {
      const counted = happening.counted ? 1 : 0
      return {
        ...EMPTY,
        ...happening.spent,
        failed: 1,
        failedCharged: happening.charged ? 1 : 0,
        failedByClass: { [happening.class]: 1 },
        counted,
        trailingFailures: counted,
      }
    }
    case 'expired': {
      const { submittedAt, spent } = happening
      if (submittedAt === null) return { ...EMPTY, ...spent, expiredWaiting: 1 }
      const streak = { counted: 1, trailingFailures: 1 }
      return { ...EMPTY, ...spent, ...streak, expiredSubmitted: 1, lastExpiredSubmittedAt: submittedAt }
    }
    case 'late':
      return { ...EMPTY, late: 1 }
    case 'fault':
      return { ...EMPTY, faults: 1 }
  }
}

/** Refusals of other classes say nothing of the account. */
function accountAnswersOf(refused: Extract<Happening, { kind: 'refused' | 'lookRefused' }>): Summary['accountAnswers'] {
  const { at, provider, class: name, code } = refused
  return isAccountClass(name) ? { [provider]: { at, refusal: { class: name, code } } } : {}
}

/** Clients invent method names; the record must not grow with them. */
const familiar = (method: string): string => (methodOf(method) === unknownMethod ? 'other' : method)

const histogramOf = (seconds: number): Histogram => {
  const found = HISTOGRAM_SECONDS.findIndex((upTo) => seconds <= upTo)
  const bucket = found === -1 ? HISTOGRAM_SECONDS.length : found
  return [...HISTOGRAM_SECONDS, Number.POSITIVE_INFINITY].map((_, i) => (i === bucket ? 1 : 0))
}
