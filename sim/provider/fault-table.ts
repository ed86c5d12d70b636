import type { FaultInput } from './fault-kinds.ts'
import type { FaultValues } from './fault-parameters.ts'

/** A fault that people switch on by its name. */
export interface NamedFault {
  does: string
  /** Where to see that the fleet notices it. */
  look: string
  /** Its parameters, each with its default. Undefined: it has none. */
  takes: FaultValues
  faults(values: FaultValues): FaultInput[]
}

const share = ({ rate, count }: FaultValues) => ({ rate, count })
const EVERY: NamedFault['takes'] = { rate: 1, count: undefined }
const SOME: NamedFault['takes'] = { rate: 0.3, count: undefined }

type Override = Extract<FaultInput, { kind: 'override' }>
const override = (on: Override['on'], plan: Override['plan'], values: FaultValues): FaultInput => ({
  kind: 'override',
  on,
  plan,
  ...share(values),
})

const BREAKER = 'issues circuit_open and no_usable_provider, and back to ready by itself'
const RETRIED = 'no issue while tasks still get solved; every charge is explained'
const POLLED = 'no issue: what the provider does not call back about is polled'
const STREAK = 'issues consecutive_failures, error_rate'

const callbacks = (does: string, pingback: Exclude<Override['plan']['pingback'], undefined>): NamedFault => ({
  does: `callbacks ${does} (with \`-c pingback=true\`)`,
  look: POLLED,
  takes: SOME,
  faults: (values) => [override('submit', { pingback }, values)],
})
const unreadable = (kind: 'garbage' | 'html' | 'empty' | 'huge', what: string): NamedFault => ({
  does: `every request is answered by ${what}; nothing is charged`,
  look: BREAKER,
  takes: EVERY,
  faults: (values) => [{ kind, ...share(values) }],
})

/** Every fault that has a name: the control endpoint, the command line and the documents read this table. */
export const NAMED_FAULTS: Readonly<Record<string, NamedFault>> = {
  outage: {
    does: 'every request is answered by an HTML page with an HTTP error; nothing is charged',
    look: BREAKER,
    takes: { ...EVERY, status: 502 },
    faults: ({ status = 502, ...values }) => [{ kind: 'http', status, ...share(values) }],
  },
  bursts: {
    does: 'as outage, for 5 s of every 20 s',
    look: BREAKER,
    takes: { ...EVERY, status: 502 },
    faults: ({ status = 502, ...values }) => [
      { kind: 'http', status, forSeconds: 5, everySeconds: 20, ...share(values) },
    ],
  },
  flaky: {
    does: 'every second request is answered by an HTTP error; nothing is charged',
    look: BREAKER,
    takes: { rate: 0.5, count: undefined, status: 502 },
    faults: ({ status = 502, ...values }) => [{ kind: 'http', status, ...share(values) }],
  },
  unreachable: {
    does: 'nobody listens: connections are refused, to the control endpoint too, until it ends',
    look: BREAKER,
    takes: {},
    faults: () => [{ kind: 'refuse' }],
  },
  drops: {
    does: 'connections are reset before a byte is read, to the control endpoint too, until it ends',
    look: BREAKER,
    takes: EVERY,
    faults: (values) => [{ kind: 'drop', ...share(values) }],
  },
  hang: {
    does: 'requests are read and never answered; nothing is charged',
    look: BREAKER,
    takes: EVERY,
    faults: (values) => [{ kind: 'hang', ...share(values) }],
  },
  resets: {
    does: 'requests are read and the connection is reset; nothing is charged',
    look: BREAKER,
    takes: EVERY,
    faults: (values) => [{ kind: 'reset', ...share(values) }],
  },
  garbage: unreadable('garbage', 'random bytes'),
  html: unreadable('html', 'an HTML page with status 200'),
  empty: unreadable('empty', 'an empty body'),
  huge: unreadable('huge', 'a body of 10 MB'),
  slow: {
    does: 'requests are done at once and answered late',
    look: 'warning provider_slow; above `providerTimeoutSeconds` an answer counts as lost',
    takes: { ...EVERY, ms: 4000 },
    faults: ({ ms = 4000, ...values }) => [{ kind: 'slow', ms, ...share(values) }],
  },
  'lost-answers': {
    does: 'submits are charged, and then the connection is reset before the answer',
    look: 'attempts in the results; SUBMIT_UNKNOWN where the re-buys are used up; every charge is explained',
    takes: SOME,
    faults: (values) => [{ kind: 'lose', by: 'reset', on: 'submit', ...share(values) }],
  },
  'gateway-timeouts': {
    does: 'submits are charged, and a gateway in front of the provider answers in its place',
    look: 'attempts in the results; SUBMIT_UNKNOWN where the re-buys are used up; every charge is explained',
    takes: { ...SOME, status: 504 },
    faults: ({ status = 504, ...values }) => [{ kind: 'lose', by: 'http', status, on: 'submit', ...share(values) }],
  },
  keys: {
    does: 'the API key is refused',
    look: 'issue api_key_refused; the fleet tries the key again after `keyRetrySeconds` (900) or when it is changed, so it may be red for longer than this fault lasts',
    takes: { ...EVERY, code: 'ERROR_KEY_DOES_NOT_EXIST' },
    faults: ({ code = 'ERROR_KEY_DOES_NOT_EXIST', ...values }) => [override('any', { keyCode: code }, values)],
  },
  'no-plan': {
    does: 'the key has no plan: it has no threads, and submits are refused',
    look: 'issues api_key_refused, no_threads; the fleet tries the key again after `keyRetrySeconds` (900)',
    takes: EVERY,
    faults: (values) => [
      override('submit', { keyCode: 'ERROR_KEY_DOES_NOT_EXIST' }, values),
      override('account', { threads: 0 }, values),
    ],
  },
  capacity: {
    does: 'the provider works on few captchas at a time and refuses the others',
    look: 'maxConcurrent and queueDepth in /health; no task fails because of it',
    takes: { ...EVERY, threads: 2, code: undefined },
    faults: ({ threads = 2, code, ...values }) => [
      override('any', { threads, ...(code !== undefined && { saturationCode: code }) }, values),
    ],
  },
  'rate-limit': {
    does: 'submits are refused with MAX_USER_TURN, which locks the key for 10 s',
    look: 'no submit for 10 s after each refusal; no task fails because of it',
    takes: EVERY,
    faults: (values) => [{ kind: 'code', code: 'MAX_USER_TURN', on: 'submit', ...share(values) }],
  },
  'too-many-requests': {
    does: 'requests are answered by HTTP 429 with `Retry-After: 10`',
    look: 'no request for 10 s after each refusal; no task fails because of it',
    takes: EVERY,
    faults: (values) => [{ kind: 'http', status: 429, retryAfter: '10', ...share(values) }],
  },
  blocked: {
    does: 'the account is blocked: `ERROR: 1001` to `ERROR: 1005`, or IP_BANNED',
    look: 'issue circuit_open; the fleet stays away for as long as the code says (`ERROR: 1001` 10 minutes), even if this fault ends before',
    takes: { ...EVERY, code: 'ERROR: 1003' },
    faults: ({ code = 'ERROR: 1003', ...values }) => [{ kind: 'code', code, ...share(values) }],
  },
  limits: {
    does: 'the provider enforces its published limits: 60 submits in 3 s, 5 wrong keys, 20 requests to res.php for each captcha and 1200 more',
    look: 'nothing: a fleet that keeps to the limits never meets one',
    takes: {},
    faults: () => [override('any', { limits: true }, {})],
  },
  'no-funds': {
    does: 'the balance is 0; a provider that bills by balance refuses submits with ERROR_ZERO_BALANCE',
    look: 'low_balance, an issue or a warning by how the provider bills',
    takes: EVERY,
    faults: (values) => [override('any', { balance: 0 }, values)],
  },
  'falling-balance': {
    does: 'every charge costs $1',
    look: 'the balance in /health/ready falls; issue or warning low_balance',
    takes: EVERY,
    faults: (values) => [override('submit', { price: 1 }, values)],
  },
  'frozen-balance': {
    does: 'the balance does not change with use',
    look: 'the balance in /health/ready; no issue',
    takes: EVERY,
    faults: (values) => [override('submit', { price: 0 }, values)],
  },
  'unreadable-balance': {
    does: 'the balance is a text that is no number',
    look: 'warning balance_unknown; the last known balance stays, with its age',
    takes: EVERY,
    faults: (values) => [override('account', { balance: 'ask support' }, values)],
  },
  'never-solves': {
    does: 'submits are accepted and charged, and stay pending for a day',
    look: 'issues overdue, no_solve_for',
    takes: EVERY,
    faults: (values) => [override('submit', { solveSeconds: 86_400 }, values)],
  },
  'slow-solvers': {
    does: 'a captcha takes 60 to 150 s to solve',
    look: 'overdue where tasks take far longer than they did',
    takes: EVERY,
    faults: (values) => [override('submit', { solveSeconds: [60, 150] }, values)],
  },
  unsolvable: {
    does: 'captchas end with ERROR_CAPTCHA_UNSOLVABLE',
    look: STREAK,
    takes: EVERY,
    faults: (values) => [override('submit', { solveRate: 0 }, values)],
  },
  'expired-results': {
    does: 'a result is forgotten as soon as it is ready: ERROR_NO_SUCH_CAPCHA_ID',
    look: STREAK,
    takes: EVERY,
    faults: (values) => [override('result', { resultLifeSeconds: 0 }, values)],
  },
  'number-ids': {
    does: 'captcha ids are JSON numbers',
    look: RETRIED,
    takes: EVERY,
    faults: (values) => [override('submit', { ids: 'number' }, values)],
  },
  'text-ids': {
    does: 'captcha ids are texts with letters',
    look: RETRIED,
    takes: EVERY,
    faults: (values) => [override('submit', { ids: 'string' }, values)],
  },
  'huge-ids': {
    does: 'captcha ids are JSON numbers of twenty digits',
    look: RETRIED,
    takes: EVERY,
    faults: (values) => [override('submit', { ids: 'bigNumber' }, values)],
  },
  'object-answers': {
    does: 'every solution is an object, as for GeeTest',
    look: RETRIED,
    takes: EVERY,
    faults: (values) => [override('submit', { answer: 'object' }, values)],
  },
  'tricky-answers': {
    does: 'every solution holds codes, bars and markup',
    look: RETRIED,
    takes: EVERY,
    faults: (values) => [override('submit', { answer: 'tricky' }, values)],
  },
  'callbacks-missing': callbacks('never come', 'none'),
  'callbacks-early': callbacks('come before the captcha is solved', 'early'),
  'callbacks-late': callbacks('come late', 'late'),
  'callbacks-twice': callbacks('come twice', 'twice'),
  'callbacks-forged': callbacks('come with a made-up answer, and to a wrong address', 'forged'),
  'callbacks-get': {
    does: 'callbacks come by GET',
    look: POLLED,
    takes: EVERY,
    faults: (values) => [override('submit', { pingbackMethod: 'GET' }, values)],
  },
  'callbacks-post': {
    does: 'callbacks come by POST',
    look: POLLED,
    takes: EVERY,
    faults: (values) => [override('submit', { pingbackMethod: 'POST' }, values)],
  },
}
