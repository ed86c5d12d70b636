import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../../functions/core/evidence/evidence.ts'
import type { RuleSettings } from '../../../functions/core/rules/rule.ts'
import { judgeEvidence } from '../../../functions/core/rules/verdict.ts'
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
