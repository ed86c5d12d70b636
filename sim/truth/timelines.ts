import type { FaultInput } from '../provider/fault-kinds.ts'
import type { Client, Interval, Timeline } from './timeline.ts'

const MINUTE = 60
const HOUR = 3600
const DAY = 24 * HOUR
const during = ([fromSeconds, untilSeconds]: Interval) => ({ fromSeconds, untilSeconds })
type Aim = 'any' | 'submit' | 'result' | 'account'
const badGateway = (span: Interval, on: Aim = 'any') =>
  ({ kind: 'http', status: 502, on, ...during(span) }) satisfies FaultInput
const code = (span: Interval, on: Aim, said: string) =>
  ({ kind: 'code', code: said, on, ...during(span) }) satisfies FaultInput
const override = (span: Interval, plan: Extract<FaultInput, { kind: 'override' }>['plan']): FaultInput => ({
  ...{ kind: 'override', plan, ...during(span) },
})
const good = (hours: number, every: number, from = 0): Client => ({ during: [from, hours * HOUR], every })
/**
 * Seconds within which a breaker opens under traffic, the sweep sees it, and a provider that never solves is noticed.
 */
const BREAKER = 20
const SWEEP = 65
const NEVER_SOLVES = 320

const outage: Interval = [HOUR, HOUR + 20 * MINUTE]

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
    provider: [badGateway(outage)],
    broken: [outage],
    detection: BREAKER,
  },
  {
    name: 'two outages of 5 minutes',
    hours: 3,
    clients: [good(3, 5)],
    provider: [badGateway([HOUR, HOUR + 300]), badGateway([2 * HOUR, 2 * HOUR + 300])],
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
    provider: [badGateway(outage, 'submit')],
    broken: [outage],
    detection: BREAKER,
  },
  {
    name: 'outage while nobody asks',
    hours: 6,
    clients: [{ during: [0, HOUR], every: 20 }],
    provider: [badGateway([2 * HOUR, 3 * HOUR])],
    broken: [[2 * HOUR, 3 * HOUR]],
    detection: 4 * SWEEP,
    proof: SWEEP,
  },
  {
    name: 'outage under traffic that then stops',
    hours: 6,
    clients: [{ during: [0, HOUR + 10 * MINUTE], every: 5 }],
    provider: [badGateway(outage)],
    broken: [outage],
    detection: BREAKER,
    proof: SWEEP,
  },
  {
    name: 'brown-out: one call in five fails for an hour',
    hours: 3,
    clients: [good(3, 5)],
    provider: [
      { ...badGateway([HOUR, 2 * HOUR], 'submit'), everySeconds: 5, forSeconds: 1 },
      { ...badGateway([HOUR, 2 * HOUR], 'result'), everySeconds: 5, forSeconds: 1 },
    ],
    broken: [],
    detection: 0,
  },
  {
    name: 'half flaky: half of the submits fail for an hour',
    hours: 3,
    clients: [good(3, 5)],
    provider: [{ ...badGateway([HOUR, 2 * HOUR], 'submit'), rate: 0.5 }],
    broken: [],
    unclear: [[HOUR, 2 * HOUR + 2 * MINUTE]],
    detection: 0,
  },
  {
    name: 'accepts and never solves for 30 minutes',
    hours: 3,
    clients: [good(3, 5)],
    provider: [override([HOUR, HOUR + 30 * MINUTE], { solveSeconds: DAY })],
    broken: [[HOUR, HOUR + 30 * MINUTE]],
    detection: NEVER_SOLVES,
  },
  {
    name: 'solves nothing: every task unsolvable for 20 minutes',
    hours: 3,
    clients: [good(3, 5)],
    provider: [code(outage, 'result', 'ERROR_CAPTCHA_UNSOLVABLE')],
    broken: [outage],
    detection: 2 * SWEEP,
  },
  {
    name: 'no free thread for half an hour',
    hours: 3,
    clients: [{ ...good(3, 20), deadlineSeconds: 3600 }],
    provider: [
      { ...code([HOUR + 10, 1.5 * HOUR], 'submit', 'ERROR_NO_SLOT_AVAILABLE'), everySeconds: 30, forSeconds: 20 },
    ],
    broken: [],
    detection: 0,
  },
  {
    name: 'key refused for 20 minutes',
    hours: 3,
    clients: [good(3, 5)],
    provider: [override(outage, { keyCode: 'ERROR_KEY_DOES_NOT_EXIST' })],
    broken: [outage],
    detection: BREAKER,
  },
  {
    name: 'balance falls below a dollar on a plan of threads',
    hours: 3,
    clients: [good(3, 10)],
    provider: Array.from({ length: 3 * 60 }, (_, minute) =>
      override([minute * MINUTE, (minute + 1) * MINUTE], { balance: Math.max(0, 5 - minute / 20) }),
    ),
    broken: [],
    detection: 0,
  },
  {
    name: 'balance unreadable for an hour',
    hours: 3,
    clients: [good(3, 10)],
    provider: [badGateway([HOUR, 2 * HOUR], 'account')],
    broken: [],
    detection: 0,
  },
  {
    name: 'the plan has no threads for half an hour',
    hours: 3,
    clients: [good(3, 10)],
    provider: [override([HOUR, 1.5 * HOUR], { threads: 0 })],
    broken: [[HOUR, 1.5 * HOUR]],
    detection: 2 * SWEEP,
  },
  {
    name: 'one bad client alone for an hour',
    hours: 2,
    clients: [{ during: [0, HOUR], every: 1, bad: true }],
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
