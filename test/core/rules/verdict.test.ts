import { describe, expect, it } from 'vitest'
import { SETTINGS } from '../../../functions/contract/settings.ts'
import type { Evidence } from '../../../functions/core/evidence/evidence.ts'
import { summarise } from '../../../functions/core/outcome/summary-of.ts'
import { medianOf } from '../../../functions/core/rules/overdue.ts'
import type { RuleSettings } from '../../../functions/core/rules/rule.ts'
import { judgeEvidence } from '../../../functions/core/rules/verdict.ts'
import {
  evidence,
  HOUR,
  MINUTE,
  minute,
  NOON,
  paidByBalance,
  provider,
  RULE_SETTINGS,
  SECOND,
  totals,
} from '../../build/evidence.ts'
import { accepted, expired, slow, solved } from '../../build/outcomes.ts'

const judged = (changes: Partial<Evidence> = {}, settings: Partial<RuleSettings> = {}) =>
  judgeEvidence(evidence(changes), {}, { ...RULE_SETTINGS, ...settings }).verdict
const issuesOf = (changes: Partial<Evidence>, settings: Partial<RuleSettings> = {}) => judged(changes, settings).issues
const warningsOf = (changes: Partial<Evidence>) => judged(changes).warnings

it('a fleet that is idle and well is ready, without issue or warning', () => {
  expect(judged()).toEqual({ status: 'ready', mode: 'normal', issues: [], warnings: [], trace: [] })
})

describe('consecutive failures', () => {
  const streakOf = (trailingFailures: number) => issuesOf({ totals: totals({ trailingFailures }) })
  it('speak at the threshold, above it, and not below', () => {
    expect(streakOf(9)).toEqual([])
    expect(streakOf(10)).toEqual(['consecutive_failures=10'])
    expect(streakOf(12)).toEqual(['consecutive_failures=12'])
  })
})

describe('no solve for', () => {
  it('speaks at the threshold of demand seconds, above it, and not below', () => {
    expect(issuesOf({ demandSeconds: 599.9 })).toEqual([])
    expect(issuesOf({ demandSeconds: 600 })).toEqual(['no_solve_for=600s'])
    expect(issuesOf({ demandSeconds: 734.6 })).toEqual(['no_solve_for=734s'])
  })
  it('no tasks for hours, then one: idle, ready, before and at that one; not "no solve for" (row 39)', () => {
    const long = { totals: totals({ solved: 9, lastSolveAt: NOON - 9 * HOUR }), lastOutcomeAt: NOON - 9 * HOUR }
    expect(judged(long).status).toBe('ready')
    const one = { queue: { waiting: 1, available: 1, inFlight: 0, deadLetters: 0 }, waitingSince: NOON }
    expect(judged({ ...long, ...one, demand: true })).toMatchObject({ status: 'ready', issues: [] })
  })
})

describe('work waits and nothing happens; or everything is accepted and nothing solved: stalled_for; overdue; not ready (row 40)', () => {
  const waiting = (seconds: number) =>
    judged({
      queue: { waiting: 3, available: 0, inFlight: 0, deadLetters: 0 },
      waitingSince: NOON - seconds * SECOND,
    })
  it('stalled_for at the threshold, above it, and not below', () => {
    expect(waiting(179).issues).toEqual([])
    expect(waiting(180).issues).toEqual(['stalled_for=180s'])
    expect(waiting(240)).toMatchObject({ status: 'not_ready', issues: ['stalled_for=240s'] })
  })

  const inFlight = (ages: number[], changes: Partial<Evidence> = {}, before = [accepted(NOON - HOUR)]) => {
    const polls = ages.map((age, n) => slow(NOON - 3 * SECOND, `task-${n}`, NOON - age * SECOND))
    const queue = { waiting: 0, available: 0, inFlight: ages.length, deadLetters: 0 }
    return judged({ totals: summarise([...before, ...polls]), queue, ...changes })
  }
  it('overdue at three tasks past 90 s, and not at two', () => {
    expect(inFlight([100, 95, 91])).toMatchObject({ status: 'not_ready', issues: ['overdue=3'] })
    expect(inFlight([100, 95, 90]).issues).toEqual([])
    expect(inFlight([200, 180, 170, 160]).issues).toEqual(['overdue=4'])
  })
  it('overdue only past six times the median that was observed for the method', () => {
    const before = Array.from({ length: 9 }, () => solved(NOON - HOUR, 22))
    expect(inFlight([134, 134, 134], {}, before).issues).toEqual([])
    expect(inFlight([136, 136, 136], {}, before).issues).toEqual(['overdue=3'])
  })
  it('not overdue while anything was solved within 90 s', () => {
    const polls = [100, 95, 91].map((age, n) => slow(NOON, `task-${n}`, NOON - age * SECOND))
    const at = (age: number) => ({
      totals: { ...summarise(polls), lastSolveAt: NOON - age * SECOND },
      queue: { waiting: 0, available: 0, inFlight: 3, deadLetters: 0 },
    })
    expect(issuesOf(at(89))).toEqual([])
    expect(issuesOf(at(90))).toEqual(['overdue=3'])
  })
  it('not overdue by tasks that have settled since, or are not polled any more', () => {
    const queue = { waiting: 0, available: 0, inFlight: 2, deadLetters: 0 }
    expect(inFlight([100, 95, 91], { queue }).issues).toEqual([])
    const old = [1, 2, 3].map((n) => slow(NOON - 10 * MINUTE, `task-${n}`, NOON - 12 * MINUTE))
    expect(issuesOf({ totals: summarise(old), queue: { ...queue, inFlight: 9 } })).toEqual([])
  })
  it('overdue when a submitted task expired and nothing was solved while it was in flight', () => {
    const submittedAt = NOON - 6 * MINUTE
    const expiry = expired(NOON - MINUTE, submittedAt)
    expect(issuesOf({ totals: summarise([expiry]) })).toEqual(['overdue=1'])
    expect(issuesOf({ totals: summarise([solved(submittedAt - 1), expiry]) })).toEqual(['overdue=1'])
    expect(issuesOf({ totals: summarise([solved(submittedAt), expiry]) })).toEqual([])
    expect(issuesOf({ totals: summarise([expiry, solved(NOON)]) })).toEqual([])
    expect(issuesOf({ totals: summarise([expired(NOON, null)]) })).toEqual([])
  })
})

it('the median of a histogram lies in its class by the share of the class that comes before it, and is unknown of a few', () => {
  const times = summarise([3, 8, 14, 14, 400].map((seconds) => solved(NOON, seconds))).solveSeconds.userrecaptcha
  expect(medianOf(times ?? [])).toBe(11.25)
  const few = summarise([3, 8, 14].map((seconds) => solved(NOON, seconds))).solveSeconds.userrecaptcha
  expect(medianOf(few ?? [])).toBe(0)
  const long = summarise(Array.from({ length: 9 }, () => solved(NOON, 900))).solveSeconds.userrecaptcha
  expect(medianOf(long ?? [])).toBe(300)
})

describe('everything failed last, and nobody has asked for an hour: ready with the warning unproven; the first failure brings the issue back (row 65)', () => {
  const failed = totals({ trailingFailures: 12, lastFailureAt: NOON - 3700 * SECOND, lastExpiredSubmittedAt: 1 })
  const old = { totals: failed, demandSeconds: 900, errorRate: 0.9, badRateSweeps: 2, unproven: true }
  it('all failures of an hour ago become one warning, and the fleet is degraded, which is ready', () => {
    expect(judged(old)).toMatchObject({
      issues: [],
      warnings: ['unproven=3700s'],
      mode: 'emergency',
      status: 'degraded',
    })
  })
  it('while they are proven, each of them is an issue', () => {
    const issues = ['consecutive_failures=12', 'no_solve_for=900s', 'overdue=1', 'error_rate=0.90']
    expect(judged({ ...old, unproven: false })).toMatchObject({ status: 'not_ready', issues, warnings: [] })
  })
  it('a fleet whose failures are old, but fewer than any rule asks for, has no warning', () => {
    const one = totals({ trailingFailures: 1, lastFailureAt: NOON - 2 * HOUR })
    expect(judged({ totals: one, unproven: true })).toMatchObject({ status: 'ready', warnings: [] })
  })
})

describe('a breaker that was closed after the last failure', () => {
  const failed = totals({ trailingFailures: 12, trailingTransport: 9, lastFailureAt: NOON - MINUTE })
  it('takes the failures of the way to the provider out of the streak, and no others', () => {
    expect(issuesOf({ totals: failed, usableAgainAt: NOON })).toEqual([])
    const others = { ...failed, trailingTransport: 2 }
    expect(issuesOf({ totals: others, usableAgainAt: NOON })).toEqual(['consecutive_failures=10'])
  })
  it('changes nothing where it was closed before that failure', () => {
    expect(issuesOf({ totals: failed, usableAgainAt: NOON - 2 * MINUTE })).toEqual(['consecutive_failures=12'])
  })
  it('forgives the tasks that were submitted before it and expired', () => {
    const expiredThen = totals({ lastExpiredSubmittedAt: NOON - MINUTE })
    expect(issuesOf({ totals: expiredThen })).toEqual(['overdue=1'])
    expect(issuesOf({ totals: expiredThen, usableAgainAt: NOON })).toEqual([])
  })
})

describe('the error rate', () => {
  it('is an issue in the second bad sweep running, while the mode follows at once', () => {
    expect(judged({ errorRate: 0.62, badRateSweeps: 1 })).toMatchObject({
      status: 'degraded',
      mode: 'emergency',
      issues: [],
    })
    expect(judged({ errorRate: 0.62, badRateSweeps: 2 })).toMatchObject({
      status: 'not_ready',
      mode: 'emergency',
      issues: ['error_rate=0.62'],
    })
  })
  it('sets the mode only above its thresholds', () => {
    const modeAt = (errorRate: number | null) => judged({ errorRate }).mode
    expect([null, 0.2, 0.21, 0.5, 0.51].map(modeAt)).toEqual(['normal', 'normal', 'degraded', 'degraded', 'emergency'])
  })
})

describe('the queue', () => {
  const waiting = (count: number) =>
    judged({ queue: { waiting: count, available: 0, inFlight: 0, deadLetters: 0 }, waitingSince: NOON })
  it('is full at its capacity and above, and not below', () => {
    expect(waiting(999).issues).toEqual([])
    expect(waiting(1000).issues).toEqual(['queue_full=1000'])
    expect(waiting(1200)).toMatchObject({ status: 'not_ready', issues: ['queue_full=1200'] })
  })
  it('makes the mode degraded, and the fleet with it, above 150', () => {
    expect(waiting(150)).toMatchObject({ status: 'ready', mode: 'normal' })
    expect(waiting(151)).toMatchObject({ status: 'degraded', mode: 'degraded', issues: [] })
  })
  it('makes an emergency of work that could be taken and no worker alive for a minute', () => {
    const queue = { waiting: 2, available: 2, inFlight: 0, deadLetters: 0 }
    const since = (waited: number, seen: number, available = 2) =>
      judged({
        queue: { ...queue, available },
        waitingSince: NOON - waited * SECOND,
        lastOutcomeAt: NOON - seen * SECOND,
      }).mode
    expect(since(60, 60)).toBe('emergency')
    expect(since(60, 59)).toBe('normal')
    expect(since(59, 9000)).toBe('normal')
    expect(since(100, 100, 0)).toBe('normal')
  })
})

describe('providers', () => {
  const unusable = (seconds: number) => provider({ unusableSince: NOON - seconds * SECOND })
  it('none usable is an issue after 15 s, and only when it is none', () => {
    expect(issuesOf({ providers: [unusable(14)] })).toEqual([])
    expect(issuesOf({ providers: [unusable(15)] })).toEqual(['no_usable_provider'])
    expect(issuesOf({ providers: [unusable(90), paidByBalance()] })).toEqual([])
    expect(issuesOf({ providers: [unusable(90), paidByBalance({ unusableSince: NOON - 14 * SECOND })] })).toEqual([])
  })
  it('a refused key is an issue at once, and a warning where another provider is sound', () => {
    const refused = provider({ keyRefused: true, unusableSince: NOON })
    expect(issuesOf({ providers: [refused] })).toEqual(['api_key_refused=captchaai'])
    const withBackup = judged({ providers: [refused, paidByBalance()] })
    expect(withBackup).toMatchObject({ issues: [], warnings: ['api_key_refused=captchaai'] })
    expect(issuesOf({ providers: [refused, paidByBalance({ balance: 0.2 })] })).toEqual([
      'api_key_refused=captchaai',
      'low_balance=$0.20',
    ])
  })
  it('a key that only the workers are refused is said with the code that they were told', () => {
    const workersRefused = { at: NOON - 20 * SECOND, class: 'auth', code: 'KEY_MISSING' } as const
    const seen = judged({ providers: [provider({ workersRefused, unusableSince: workersRefused.at })] })
    expect(seen.issues).toEqual(['api_key_refused=captchaai', 'no_usable_provider'])
    expect(seen.trace[0]).toMatchObject({ rule: 'api_key_refused', observed: 'KEY_MISSING' })
  })
  it('a key that the workers are refused is an issue while work is sent there, whatever other provider is sound', () => {
    const workersRefused = { at: NOON, class: 'auth', code: 'ERROR_KEY_DOES_NOT_EXIST' } as const
    const refused = provider({ keyRefused: true, workersRefused, unusableSince: NOON })
    const sentTo = (activeProvider: string) => judged({ providers: [refused, paidByBalance()], activeProvider })
    expect(sentTo('captchaai')).toMatchObject({ status: 'not_ready', issues: ['api_key_refused=captchaai'] })
    expect(sentTo('twocaptcha')).toMatchObject({
      issues: [],
      warnings: expect.arrayContaining(['api_key_refused=captchaai']),
    })
  })
  it('funds that only the workers are refused are a low balance of nothing, whatever the account call says', () => {
    const workersRefused = { at: NOON, class: 'funds', code: 'ERROR_ZERO_BALANCE' } as const
    const broke = paidByBalance({ balance: 25, workersRefused, unusableSince: NOON })
    const seen = judged({ providers: [broke] })
    expect(seen.issues).toEqual(['low_balance=$0.00'])
    expect(seen.trace[0]).toMatchObject({ rule: 'low_balance', observed: 'ERROR_ZERO_BALANCE', threshold: 1 })
    const withBackup = judged({ providers: [broke, provider()], activeProvider: 'twocaptcha' })
    expect(withBackup).toMatchObject({ issues: [], warnings: ['low_balance=$0.00'] })
  })
  it('a secret that only the workers cannot read is said by name', () => {
    const workersRefused = { at: NOON, class: 'auth', code: 'SECRET_UNREADABLE' } as const
    const providers = [provider({ workersRefused, unusableSince: NOON })]
    expect(judged({ providers, secretReadable: false }).issues).toEqual(['secret_unreadable'])
  })
  it('a plan without threads is an issue; all threads busy is only capacity', () => {
    expect(issuesOf({ providers: [provider({ threads: { total: 0, free: 0 } })] })).toEqual(['no_threads=captchaai'])
    expect(issuesOf({ providers: [provider({ threads: { total: 10, free: 0 } })] })).toEqual([])
    expect(issuesOf({ providers: [paidByBalance({ threads: { total: 0, free: 0 } })] })).toEqual([])
  })
  it('a low balance is an issue below the threshold, not at it', () => {
    const at = (balance: number | null) => issuesOf({ providers: [paidByBalance({ balance })] })
    expect(at(1)).toEqual([])
    expect(at(0.999)).toEqual(['low_balance=$0.99'])
    expect(at(0.5)).toEqual(['low_balance=$0.50'])
    expect(at(0.29)).toEqual(['low_balance=$0.29'])
    expect(at(null)).toEqual([])
  })
  const [low, good] = ['low_balance=$4.99', '']
  it.each([
    // billing, minBalance, balance, another is usable: issue, warning
    ['balance', null, 0.99, false, 'low_balance=$0.99', good],
    ['balance', null, 0.99, true, good, 'low_balance=$0.99'],
    ['balance', null, 1, false, good, good],
    ['balance', 5, 4.99, false, low, good],
    ['balance', 5, 4.99, true, good, low],
    ['balance', 5, 5, false, good, good],
    ['threads', null, 0.99, false, good, 'low_balance=$0.99'],
    ['threads', null, 0, false, good, 'low_balance=$0.00'],
    ['threads', null, 0.99, true, good, 'low_balance=$0.99'],
    ['threads', null, 1, false, good, good],
    ['threads', 5, 4.99, false, low, good],
    ['threads', 5, 4.99, true, good, low],
    ['threads', 5, 5, false, good, good],
    ['threads', 0.5, 0.5, false, good, good],
    ['threads', 1, 0.99, false, 'low_balance=$0.99', good],
    ['threads', 0, 0, false, good, good],
  ] as const)('billed by %s, minBalance %j, balance %d, another usable %j: issue "%s", warning "%s"', (...row) => {
    const [billing, minBalance, balance, isAnother, issue, warning] = row
    const own = billing === 'threads' ? provider({ balance }) : paidByBalance({ balance })
    const other = provider({ name: 'another' })
    const seen = judged({ providers: isAnother ? [own, other] : [own], activeProvider: own.name }, { minBalance })
    expect(seen).toMatchObject({
      status: issue === '' ? 'ready' : 'not_ready',
      issues: issue === '' ? [] : [issue],
      warnings: warning === '' ? [] : [warning],
    })
    const thresholds = seen.trace.map(({ threshold }) => threshold)
    expect(thresholds).toEqual(issue === warning ? [] : [minBalance ?? 1])
  })
  it('one whose low balance only warns is still a place to fall back on; one below what a person set is none', () => {
    const refused = paidByBalance({ keyRefused: true, unusableSince: NOON })
    const backup = provider({ balance: 0.5 })
    const of = (minBalance: number | null) => issuesOf({ providers: [refused, backup] }, { minBalance })
    expect(of(null)).toEqual([])
    expect(of(1)).toEqual(['api_key_refused=twocaptcha', 'low_balance=$0.50'])
  })
  it('the lowest good balance where nobody has set one is that of the settings table', () => {
    const { default: byDefault, whenUnset } = SETTINGS.minBalance
    const of = (balance: number) => issuesOf({ providers: [paidByBalance({ balance })] }, { minBalance: byDefault })
    expect([of(whenUnset), of(whenUnset - 0.01)]).toEqual([[], ['low_balance=$0.99']])
  })
  it('a low balance is a warning where another provider is sound', () => {
    const low = paidByBalance({ balance: 0.5 })
    expect(judged({ providers: [low, provider()], activeProvider: 'twocaptcha' })).toMatchObject({
      status: 'ready',
      issues: [],
      warnings: ['low_balance=$0.50'],
    })
  })
  it('a balance that was asked for and never read, or not for five of its periods, is unknown', () => {
    const readAt = (balanceAt: number | null) => warningsOf({ providers: [provider({ balanceAt })] })
    expect(readAt(null)).toEqual(['balance_unknown=captchaai'])
    expect(readAt(NOON - 300 * SECOND)).toEqual([])
    expect(readAt(NOON - 301 * SECOND)).toEqual(['balance_unknown=captchaai'])
    expect(warningsOf({ providers: [provider({ balanceAt: null, checkedAt: null })] })).toEqual([])
  })
  it.each([
    ['captchaai', 60, 300],
    ['twocaptcha', 60, 300],
    ['captchaai', 1, 5],
    // Asked every 86.4 s at most, whatever `balanceSeconds` is.
    ['twocaptcha', 1, 3 * 86.4],
  ])('a balance at %s is unknown, with `balanceSeconds` %i, after %d s', (name, balanceSeconds, seconds) => {
    const warnedAfter = (age: number) =>
      judged({ providers: [provider({ name, balanceAt: NOON - age * SECOND })] }, { balanceSeconds }).warnings
    expect(warnedAfter(seconds)).toEqual([])
    expect(warnedAfter(seconds + 0.001)).toEqual([`balance_unknown=${name}`])
  })
  it('one that takes half the time-out to answer is slow', () => {
    expect(warningsOf({ providers: [provider({ responseMs: 4999 })] })).toEqual([])
    expect(warningsOf({ providers: [provider({ responseMs: 5000 })] })).toEqual(['provider_slow=captchaai'])
  })
  it('work that goes to the backup is said, and is degraded', () => {
    const providers = [provider({ unusableSince: NOON }), paidByBalance()]
    expect(judged({ providers, activeProvider: 'twocaptcha' })).toMatchObject({
      status: 'degraded',
      warnings: ['on_backup=twocaptcha'],
    })
  })
})

describe('what a person or a setting stops', () => {
  it('is not ready, by name', () => {
    expect(judged({ spendLimit: 'hour' })).toMatchObject({ status: 'not_ready', issues: ['spend_limit=hour'] })
    expect(issuesOf({ spendLimit: 'day' })).toEqual(['spend_limit=day'])
    expect(issuesOf({ secretReadable: false })).toEqual(['secret_unreadable'])
  })
})

describe('the breaker of a provider', () => {
  const opened = { state: 'open', since: NOON, cause: '20 submits: HTTP_502', isProven: false } as const
  const broken = provider({ breaker: opened, unusableSince: NOON })
  it('is an issue that names the provider, with the cause', () => {
    expect(judged({ providers: [broken] })).toMatchObject({
      status: 'not_ready',
      issues: ['circuit_open=captchaai'],
      trace: [{ rule: 'circuit_open', observed: '20 submits: HTTP_502', runbook: 'docs/runbook.md#circuit-open' }],
    })
  })
  it('is a warning where another provider is sound, and an issue of both where it is not', () => {
    expect(judged({ providers: [broken, paidByBalance()] })).toMatchObject({
      issues: [],
      warnings: ['circuit_open=captchaai'],
    })
    const both = [broken, paidByBalance({ breaker: opened, unusableSince: NOON })]
    expect(issuesOf({ providers: both })).toEqual(['circuit_open=captchaai', 'circuit_open=twocaptcha'])
  })
})

describe('a pause by a person', () => {
  it('is an issue that says who paused, why, and since when', () => {
    const pause = { by: 'ops/anna', at: NOON - HOUR, reason: 'the provider moves house' }
    const { issues, status, trace } = judged({ pause })
    expect({ issues, status }).toEqual({ issues: ['paused'], status: 'not_ready' })
    expect(trace).toEqual([
      {
        rule: 'paused',
        observed: 'ops/anna: the provider moves house',
        threshold: null,
        since: new Date(NOON - HOUR).toISOString(),
        runbook: 'docs/runbook.md#paused',
      },
    ])
  })
})

describe('warnings', () => {
  it('first minutes after deploy: starting, not not-ready for lack of solves (row 41)', () => {
    const queue = { waiting: 2, available: 1, inFlight: 0, deadLetters: 0 }
    const first = { lastOutcomeAt: null, queue, demand: true, waitingSince: NOON - 20 * SECOND }
    expect(judged(first)).toMatchObject({ status: 'ready', issues: [], warnings: ['starting'] })
  })
  it('messages that are no tasks: above a fifth of ten or more in five minutes', () => {
    const of = (invalid: number, received: number) =>
      warningsOf({ minutes: [minute(NOON - 2 * MINUTE, { invalid, received })] })
    expect(of(4, 6)).toEqual(['client_errors=0.40'])
    expect(of(2, 8)).toEqual([])
    expect(of(4, 5)).toEqual([])
    expect(warningsOf({ minutes: [minute(NOON - 6 * MINUTE, { invalid: 9, received: 9 })] })).toEqual([])
  })
})

describe('the trace', () => {
  const bad = {
    totals: totals({ trailingFailures: 12 }),
    providers: [paidByBalance({ balance: 0.5, balanceAt: null })],
    activeProvider: 'twocaptcha',
  }
  it('has one entry for each issue and warning: rule, observed, threshold, since, runbook', () => {
    const { issues, warnings, trace } = judged(bad)
    expect(trace.map(({ rule }) => rule).sort()).toEqual(
      [...issues, ...warnings].map((text) => text.split('=')[0]).sort(),
    )
    expect(trace.find(({ rule }) => rule === 'consecutive_failures')).toEqual({
      rule: 'consecutive_failures',
      observed: 12,
      threshold: 10,
      since: '2026-11-21T12:00:00.000Z',
      runbook: 'docs/runbook.md#consecutive-failures',
    })
  })
  it('remembers since when each rule speaks without a break, and forgets it when it stops', () => {
    const first = judgeEvidence(evidence(bad), {}, RULE_SETTINGS)
    const later = judgeEvidence(evidence({ ...bad, ranAt: NOON + MINUTE }), first.since, RULE_SETTINGS)
    expect(later.verdict.trace.find(({ rule }) => rule === 'low_balance')?.since).toBe('2026-11-21T12:00:00.000Z')
    const well = judgeEvidence(evidence({ ranAt: NOON + 2 * MINUTE }), later.since, RULE_SETTINGS)
    expect(well.since).toEqual({})
    const again = judgeEvidence(evidence({ ...bad, ranAt: NOON + 3 * MINUTE }), well.since, RULE_SETTINGS)
    expect(again.verdict.trace[0]?.since).toBe('2026-11-21T12:03:00.000Z')
  })
  it('tells two providers with the same rule apart', () => {
    const providers = [paidByBalance({ balance: 0.5 }), paidByBalance({ name: 'custom', balance: 0.2 })]
    const { verdict, since } = judgeEvidence(evidence({ providers }), {}, RULE_SETTINGS)
    expect(verdict.issues).toEqual(['low_balance=$0.50', 'low_balance=$0.20'])
    expect(Object.keys(since)).toEqual(['low_balance=twocaptcha', 'low_balance=custom'])
  })
})
