import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../../functions/core/evidence/evidence.ts'
import type { RuleSettings } from '../../../functions/core/rules/rule.ts'
import { judgeEvidence, modeAndCause } from '../../../functions/core/rules/verdict.ts'
import { evidence, minute, NOON, paidByBalance, provider, RULE_SETTINGS, SECOND, totals } from '../../build/evidence.ts'

const judged = (changes: Partial<Evidence>, settings: Partial<RuleSettings> = {}) =>
  judgeEvidence(evidence(changes), {}, { ...RULE_SETTINGS, ...settings }).verdict
const traceOf = (rule: string, changes: Partial<Evidence>) =>
  judged(changes).trace.filter((entry) => entry.rule === rule)

describe('what a rule says that it saw', () => {
  it.each([
    [null, null],
    [NOON - 301 * SECOND, 301],
  ])('of a balance that was read at %s: an age of %s s', (balanceAt, observed) => {
    expect(traceOf('balance_unknown', { providers: [provider({ balanceAt })] })).toMatchObject([
      { observed, threshold: 300 },
    ])
  })

  it('of the backup that does the work: its name, and that of the first provider', () => {
    const changes = { providers: [provider(), paidByBalance()], activeProvider: 'twocaptcha' }
    expect(traceOf('on_backup', changes)).toMatchObject([{ observed: 'twocaptcha', threshold: 'captchaai' }])
  })

  it('of a plan without threads: none of the one that is needed', () => {
    const changes = { providers: [provider({ threads: { total: 0, free: 0 } })] }
    expect(traceOf('no_threads', changes)).toMatchObject([{ observed: 0, threshold: 1 }])
  })

  it('of rates: four digits, beside the limit', () => {
    const changes = { errorRate: 2 / 3, badRateSweeps: 2 }
    expect(traceOf('error_rate', changes)).toMatchObject([{ observed: 0.6667, threshold: 0.5 }])
    const minutes = [minute(NOON - 60 * SECOND, { received: 200, invalid: 100 })]
    expect(traceOf('client_errors', { minutes })).toMatchObject([{ observed: 0.3333, threshold: 0.2 }])
  })

  it('of a balance that workers were refused for: what they were told, and no more than nothing', () => {
    const workersRefused = { class: 'funds', code: 'ERROR_ZERO_BALANCE', at: NOON } as const
    const shown = (balance: number | null) =>
      judged({ providers: [paidByBalance({ balance, workersRefused })], activeProvider: 'twocaptcha' }).issues
    expect(shown(5)).toContain('low_balance=$0.00')
    expect(shown(null)).toContain('low_balance=$0.00')
    expect(shown(-1.5)).toContain('low_balance=$-1.50')
  })
})

describe('a provider is not called slow', () => {
  it.each([
    ['for an answer below half of the time-out', { responseMs: 4999 }],
    [
      'for a call that failed, however long it took',
      { responseMs: 9000, error: { class: 'transient', code: 'TIMEOUT' } },
    ],
    ['before it was ever called', { responseMs: null }],
  ] as const)('%s', (_, facts) => {
    expect(judged({ providers: [provider(facts)] }).warnings).toEqual([])
  })
})

describe('failures that are not proven any more', () => {
  it('are a warning where one rule of several still finds them', () => {
    const streak = totals({ trailingFailures: 12, lastFailureAt: NOON - 3700 * SECOND })
    expect(judged({ unproven: true, totals: streak })).toMatchObject({
      ...{ status: 'degraded', issues: [], warnings: ['unproven=3700s'] },
      trace: [{ rule: 'unproven', observed: 3700 }],
    })
    expect(judged({ unproven: true }).warnings).toEqual([])
  })
})

describe('failures of the way to the provider', () => {
  const streak = totals({ trailingFailures: 12, trailingTransport: 4, lastFailureAt: NOON })
  it.each([
    ['after the last of them', NOON + 1, []],
    ['in the very moment of the last of them', NOON, ['consecutive_failures=12']],
    ['before the last of them', NOON - 1, ['consecutive_failures=12']],
    ['never', null, ['consecutive_failures=12']],
  ])('do not count where the breaker has closed %s', (_, usableAgainAt, issues) => {
    expect(judged({ totals: streak, usableAgainAt }).issues).toEqual(issues)
  })
})

describe('a wait that nobody works off', () => {
  it.each([
    [null, ['stalled_for=200s']],
    [NOON - 180 * SECOND, ['stalled_for=180s']],
    [NOON - 179 * SECOND, []],
    [NOON - 300 * SECOND, ['stalled_for=200s']],
  ])('of 200 s counts from when a provider could be used again (%s)', (usableAgainAt, issues) => {
    const waiting = { waitingSince: NOON - 200 * SECOND, usableAgainAt }
    expect(judged(waiting).issues).toEqual(issues)
  })
})

describe('a task that is overdue', () => {
  const slow = (seenAt: number) =>
    ['a', 'b', 'c'].map((taskId) => ({ taskId, method: 'turnstile', submittedAt: NOON - 600 * SECOND, seenAt }))
  const queue = { waiting: 0, available: 0, inFlight: 3, deadLetters: 0 }
  it.each([
    [179, ['overdue=3']],
    [180, []],
  ])('was polled lately (%i s ago): %o', (seconds, issues) => {
    expect(judged({ queue, totals: totals({ slow: slow(NOON - seconds * SECOND) }) }).issues).toEqual(issues)
  })

  it('has waited for six medians, and half of the solves are within the median', () => {
    // Five of ten within 20 s: six times 20 s are over after 600 s. Were it the next class, they would not be.
    const solveSeconds = { turnstile: [0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 5, 0, 0, 0] }
    expect(judged({ queue, totals: totals({ slow: slow(NOON), solveSeconds }) }).issues).toEqual(['overdue=3'])
  })
})

describe('what only odd numbers tell apart', () => {
  const queue = { waiting: 900, available: 7, inFlight: 200, deadLetters: 60 }

  it('a queue is full of what waits, and not of what is in flight', () => {
    expect(judged({ queue }).issues).toEqual([])
    expect(traceOf('queue_full', { queue: { ...queue, waiting: 1001 } })).toMatchObject([
      { observed: 1001, threshold: 1000 },
    ])
  })

  it('where no worker receives tasks, those are meant that one could receive, since the later of their arrival and the last outcome', () => {
    const mode = (changes: Partial<Evidence>) => modeAndCause(evidence({ queue, ...changes }), RULE_SETTINGS)
    const silent = { waitingSince: NOON - 70 * SECOND, lastOutcomeAt: NOON - 61 * SECOND }
    expect(mode(silent)).toEqual({ mode: 'emergency', cause: '7 tasks wait and no worker receives them' })
    expect(mode({ ...silent, lastOutcomeAt: null })).toEqual(mode(silent))
    // Since when tasks wait is not known yet: this sweep is the first that sees them.
    expect(mode({ ...silent, waitingSince: null })).toEqual({ mode: 'degraded', cause: '900 tasks wait' })
    expect(mode({ ...silent, waitingSince: NOON - 59 * SECOND }).mode).toBe('degraded')
  })

  it('the error rate is told beside the limit that is set', () => {
    const [entry] = judged({ errorRate: 0.9, badRateSweeps: 2 }, { emergencyErrorRate: 0.85 }).trace
    expect(entry).toMatchObject({ rule: 'error_rate', observed: 0.9, threshold: 0.85 })
  })

  it('a breaker is told with its cause, and with its state where none is known', () => {
    const told = (state: 'open' | 'half_open', cause: string | null) =>
      traceOf('circuit_open', { providers: [provider({ breaker: { state, since: NOON, cause, isProven: false } })] })
    expect(told('open', '5 polls: TIMEOUT')).toMatchObject([{ observed: '5 polls: TIMEOUT' }])
    expect(told('open', null)).toMatchObject([{ observed: 'open' }])
    expect(told('half_open', null)).toMatchObject([{ observed: 'half_open' }])
  })

  it('a pause began when the person paused, whenever a sweep first found it', () => {
    const pause = { by: 'kim', at: NOON - 90 * SECOND, reason: 'x' }
    const { verdict, since } = judgeEvidence(evidence({ pause }), { paused: NOON - 30 * SECOND }, RULE_SETTINGS)
    expect({ since, told: verdict.trace[0]?.since }).toEqual({
      since: { paused: pause.at },
      told: new Date(pause.at).toISOString(),
    })
  })

  it('failures of which nobody knows when the last was are unproven since now', () => {
    const changes = { unproven: true, totals: totals({ trailingFailures: 12, lastFailureAt: null }) }
    expect(judged(changes).warnings).toEqual(['unproven=0s'])
  })
})

describe('overdue tasks of several kinds', () => {
  const task = (taskId: string, seconds: number, method = 'turnstile') => ({
    ...{ taskId, method, submittedAt: NOON - seconds * SECOND, seenAt: NOON - 5 * SECOND },
  })
  const queue = { waiting: 0, available: 0, inFlight: 9, deadLetters: 0 }
  const late = (count: number) => Array.from({ length: count }, (_, n) => task(`t-${n}`, 100 + n))
  const seen = (changes: Parameters<typeof totals>[0], more: Partial<Evidence> = {}) =>
    traceOf('overdue', { queue, totals: totals(changes), ...more }).map(({ observed, threshold }) => ({
      observed,
      threshold,
    }))

  it.each<[number, number | null, object[]]>([
    [2, null, []],
    [3, null, [{ observed: 3, threshold: 3 }]],
    [0, NOON - 300 * SECOND, [{ observed: 1, threshold: 1 }]],
    [2, NOON - 300 * SECOND, [{ observed: 2, threshold: 1 }]],
    [4, NOON - 300 * SECOND, [{ observed: 4, threshold: 1 }]],
  ])('%i in flight, and one that expired (submitted at %s): %o', (count, lastExpiredSubmittedAt, found) => {
    expect(seen({ slow: late(count), lastExpiredSubmittedAt })).toEqual(found)
  })

  it.each<[number | null, number | null, number]>([
    [-400, null, 1],
    [-400, -350, 1],
    [-400, -300, 0],
    [-300, -400, 0],
    [null, -299, 0],
    [null, -301, 1],
  ])(
    'one that was submitted 300 s ago and expired is overdue by the later of the last solve (%s s) and the breaker that closed (%s s): %i',
    (solved, usable, count) => {
      const at = (seconds: number | null) => (seconds === null ? null : NOON + seconds * SECOND)
      const expired = { lastExpiredSubmittedAt: NOON - 300 * SECOND, lastSolveAt: at(solved) }
      expect(seen(expired, { usableAgainAt: at(usable) })).toHaveLength(count)
    },
  )

  it('each method has a median of its own', () => {
    // Of turnstile all within 2 s; of userrecaptcha all between 30 and 45 s, so 225 s are usual there.
    const solveSeconds = { turnstile: [9], userrecaptcha: [0, 0, 0, 0, 0, 0, 0, 9] }
    const three = (method: string) => ['a', 'b', 'c'].map((taskId) => task(taskId, 200, method))
    expect(seen({ slow: three('turnstile'), solveSeconds })).toHaveLength(1)
    expect(seen({ slow: three('userrecaptcha'), solveSeconds })).toEqual([])
    expect(seen({ slow: three('hcaptcha'), solveSeconds })).toHaveLength(1)
  })
})

describe('what is wrong at one provider of two', () => {
  const providers = (changes: Parameters<typeof provider>[0]) => [provider(changes), paidByBalance()]
  it('a plan without threads is a warning where another provider is sound, and an issue where that is none either', () => {
    const none = { threads: { total: 0, free: 0 } }
    expect(judged({ providers: providers(none) })).toMatchObject({ issues: [], warnings: ['no_threads=captchaai'] })
    const both = [provider(none), paidByBalance({ keyRefused: true, unusableSince: NOON })]
    expect(judged({ providers: both }).issues).toContain('no_threads=captchaai')
  })

  it('a key that the account call was refused with is told with that code, and one of workers with theirs', () => {
    const error = { class: 'auth', code: 'ERROR_IP_NOT_ALLOWED' } as const
    const workersRefused = { class: 'auth', code: 'ERROR_WRONG_USER_KEY', at: NOON } as const
    const told = (changes: Parameters<typeof provider>[0]) =>
      traceOf('api_key_refused', { providers: providers(changes) }).map(({ observed }) => observed)
    expect(told({ keyRefused: true, error })).toEqual(['ERROR_IP_NOT_ALLOWED'])
    expect(told({ workersRefused })).toEqual(['ERROR_WRONG_USER_KEY'])
  })
})
