import type { ErrorClass, ProviderFailure } from '../../functions/core/provider/error-class.ts'
import { type Client, isIn, type Span, type Timeline } from './timeline.ts'

const failure = (kind: ErrorClass, code: string): ProviderFailure => ({ class: kind, code, message: code })
const BAD_GATEWAY = failure('transient', 'HTTP_502')
const REFUSED_KEY = failure('auth', 'ERROR_KEY_DOES_NOT_EXIST')
const NO_THREAD = failure('capacity', 'ERROR_NO_SLOT_AVAILABLE')
const UNSOLVABLE = failure('unsolvable', 'ERROR_CAPTCHA_UNSOLVABLE')

const MINUTE = 60
const HOUR = 3600
const during = (span: Span, what: ProviderFailure) => (second: number) => (isIn(second, span) ? what : null)
/** Submits, polls and account calls all fail. */
const down = (span: Span, why = BAD_GATEWAY) => ({
  submit: during(span, why),
  poll: during(span, why),
  account: during(span, why),
})
const good = (hours: number, every: number, from = 0): Client => ({ during: [from, hours * HOUR], every })
/** Half of the seconds, in no pattern that a sweep could fall in step with. */
const isOdd = (second: number): boolean => (Math.floor(second) * 2_654_435_761) % 2 ** 32 > 2 ** 31

/** Seconds within which a breaker opens under traffic, the sweep sees it, and a provider that never solves is noticed. */
const BREAKER = 20
const SWEEP = 65
const NEVER_SOLVES = 320

const outage: Span = [HOUR, HOUR + 20 * MINUTE]

/** The timelines that the rules are compared on. */
export const TIMELINES: readonly Timeline[] = [
  { name: 'steady, a task each 10 s', hours: 6, clients: [good(6, 10)], broken: [], detection: 0 },
  {
    name: 'bursts of 100 tasks an hour',
    hours: 6,
    clients: [0, 1, 2, 3, 4, 5].map((hour) => ({ during: [hour * HOUR, hour * HOUR + 50], every: 0.5 })),
    broken: [],
    detection: 0,
  },
  {
    name: 'bursts of 300 tasks, more than fit at a time',
    hours: 3,
    clients: [0, 1, 2].map((hour) => ({ during: [hour * HOUR, hour * HOUR + 30], every: 0.1 })),
    broken: [],
    detection: 0,
  },
  {
    name: 'silent nights of eight hours',
    hours: 24,
    clients: [
      { during: [0, 8 * HOUR], every: 60 },
      { during: [16 * HOUR, 24 * HOUR], every: 60 },
    ],
    broken: [],
    detection: 0,
  },
  { name: 'one task an hour', hours: 24, clients: [good(24, HOUR)], broken: [], detection: 0 },
  { name: 'a day without a task', hours: 24, clients: [], broken: [], detection: 0 },
  {
    name: 'outage of 20 minutes under traffic',
    hours: 3,
    clients: [good(3, 5)],
    provider: down(outage),
    broken: [outage],
    detection: BREAKER,
  },
  {
    name: 'two outages of 5 minutes',
    hours: 3,
    clients: [good(3, 5)],
    provider: {
      submit: (second) =>
        isIn(second, [HOUR, HOUR + 300]) || isIn(second, [2 * HOUR, 2 * HOUR + 300]) ? BAD_GATEWAY : null,
      poll: (second) =>
        isIn(second, [HOUR, HOUR + 300]) || isIn(second, [2 * HOUR, 2 * HOUR + 300]) ? BAD_GATEWAY : null,
      account: (second) =>
        isIn(second, [HOUR, HOUR + 300]) || isIn(second, [2 * HOUR, 2 * HOUR + 300]) ? BAD_GATEWAY : null,
    },
    broken: [
      [HOUR, HOUR + 300],
      [2 * HOUR, 2 * HOUR + 300],
    ],
    detection: BREAKER,
  },
  {
    name: 'outage of submits only, the account answers',
    hours: 3,
    clients: [good(3, 5)],
    provider: { submit: during(outage, BAD_GATEWAY) },
    broken: [outage],
    detection: BREAKER,
  },
  {
    name: 'outage while nobody asks',
    hours: 6,
    clients: [{ during: [0, HOUR], every: 20 }],
    provider: down([2 * HOUR, 3 * HOUR]),
    broken: [[2 * HOUR, 3 * HOUR]],
    detection: 4 * SWEEP,
  },
  {
    name: 'outage under traffic that then stops',
    hours: 6,
    clients: [{ during: [0, HOUR + 10 * MINUTE], every: 5 }],
    provider: down(outage),
    broken: [outage],
    detection: BREAKER,
  },
  {
    name: 'brown-out: one call in five fails for an hour',
    hours: 3,
    clients: [good(3, 5)],
    provider: {
      submit: (second) => (isIn(second, [HOUR, 2 * HOUR]) && Math.floor(second) % 5 === 0 ? BAD_GATEWAY : null),
      poll: (second) => (isIn(second, [HOUR, 2 * HOUR]) && Math.floor(second) % 5 === 0 ? BAD_GATEWAY : null),
    },
    broken: [],
    detection: 0,
  },
  {
    name: 'half flaky: half of the submits fail for an hour',
    hours: 3,
    clients: [good(3, 5)],
    provider: { submit: (second) => (isIn(second, [HOUR, 2 * HOUR]) && isOdd(second) ? BAD_GATEWAY : null) },
    broken: [],
    unclear: [[HOUR, 2 * HOUR + 2 * MINUTE]],
    detection: 0,
  },
  {
    name: 'accepts and never solves for 30 minutes',
    hours: 3,
    clients: [good(3, 5)],
    provider: { stuck: (second) => isIn(second, [HOUR, HOUR + 30 * MINUTE]) },
    broken: [[HOUR, HOUR + 30 * MINUTE]],
    detection: NEVER_SOLVES,
  },
  {
    name: 'solves nothing: every task unsolvable for 20 minutes',
    hours: 3,
    clients: [good(3, 5)],
    provider: { poll: during(outage, UNSOLVABLE) },
    broken: [outage],
    detection: 2 * SWEEP,
  },
  {
    name: 'no free thread for half an hour',
    hours: 3,
    clients: [{ ...good(3, 20), deadlineSeconds: 3600 }],
    provider: {
      submit: (second) => (isIn(second, [HOUR, 1.5 * HOUR]) && Math.floor(second / 10) % 3 > 0 ? NO_THREAD : null),
    },
    broken: [],
    detection: 0,
  },
  {
    name: 'key refused for 20 minutes',
    hours: 3,
    clients: [good(3, 5)],
    provider: down(outage, REFUSED_KEY),
    broken: [outage],
    detection: BREAKER,
  },
  {
    name: 'balance falls below a dollar on a plan of threads',
    hours: 3,
    clients: [good(3, 10)],
    provider: { account: (second) => ({ balance: Math.max(0, 5 - second / 1200), threads: 100 }) },
    broken: [],
    detection: 0,
  },
  {
    name: 'balance unreadable for an hour',
    hours: 3,
    clients: [good(3, 10)],
    provider: { account: during([HOUR, 2 * HOUR], BAD_GATEWAY) },
    broken: [],
    detection: 0,
  },
  {
    name: 'the plan has no threads for half an hour',
    hours: 3,
    clients: [good(3, 10)],
    provider: {
      submit: during([HOUR, 1.5 * HOUR], NO_THREAD),
      account: (second) => (isIn(second, [HOUR, 1.5 * HOUR]) ? { balance: 25, threads: 0 } : null),
    },
    broken: [[HOUR, 1.5 * HOUR]],
    detection: 2 * SWEEP,
  },
  {
    name: 'one bad client alone for an hour',
    hours: 2,
    clients: [{ during: [0, HOUR], every: 1, bad: true }],
    provider: {},
    broken: [],
    detection: 0,
  },
  {
    name: 'one client with a deadline of 10 s, once',
    hours: 2,
    clients: [
      { during: [0, 10 * MINUTE], every: 30 },
      { during: [HOUR, HOUR + 1], every: 10, deadlineSeconds: 10 },
    ],
    broken: [],
    detection: 0,
  },
  {
    name: 'the sweep stops for half an hour',
    hours: 3,
    clients: [good(3, 10)],
    sweepStops: [HOUR, 1.5 * HOUR],
    broken: [],
    unclear: [[HOUR, 1.5 * HOUR + 2 * MINUTE]],
    detection: 0,
  },
  {
    name: 'the table is unreadable for five minutes',
    hours: 2,
    clients: [good(2, 10)],
    tableUnreadable: [HOUR, HOUR + 5 * MINUTE],
    broken: [],
    unclear: [[HOUR, HOUR + 6 * MINUTE]],
    detection: 0,
  },
]
