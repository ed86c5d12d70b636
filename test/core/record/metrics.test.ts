import { describe, expect, it } from 'vitest'
import type { Evidence } from '../../../functions/core/evidence/evidence.ts'
import { EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import { summarise } from '../../../functions/core/outcome/summary-of.ts'
import { type Metric, metricsOf } from '../../../functions/core/record/metrics.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import type { Verdict } from '../../../functions/core/rules/rule.ts'
import { evidence, NOON, paidByBalance, provider, totals } from '../../build/evidence.ts'
import { expired, failed, solved } from '../../build/outcomes.ts'

const raw: Verdict = { status: 'ready', mode: 'normal', issues: [], warnings: [], trace: [] }
const NO_NEWS = { outcomes: EMPTY_SUMMARY, deadLetters: 0 }

function published(
  seen: Partial<Evidence> = {},
  news = NO_NEWS,
  changes: Partial<ReadinessRecord> = {},
  caughtUp = true,
) {
  const record: ReadinessRecord = {
    ...{ schema: 1, version: 1, sweptAt: NOON, activeProvider: 'captchaai', countedAt: NOON, cursor: NOON, since: {} },
    ...{
      badSweeps: 0,
      goodSweeps: 1,
      folded: EMPTY_SUMMARY,
      foldedMinutes: [],
      drift: null,
      changes: [],
      history: null,
    },
    ...raw,
    raw,
    evidence: evidence(seen),
    ...changes,
  }
  return metricsOf(record, news, { maxInFlight: 50, caughtUp, gate: 'open' })
}
const numberOf = (metrics: Metric[], name: string, dimensions?: Record<string, string>) =>
  metrics.find((m) => m.name === name && JSON.stringify(m.dimensions) === JSON.stringify(dimensions))?.value

describe('the numbers of a sweep', () => {
  it('are one per rule', () => {
    const metrics = published({
      ...{ demand: true, demandSeconds: 34, backlogSeconds: 12, totals: totals({ trailingFailures: 3 }) },
      ...{ queue: { waiting: 7, available: 1, inFlight: 20, deadLetters: 4 }, errorRate: 0.25 },
    })
    const expected = {
      ...{ Ready: 1, SweepHeartbeat: 1, Demand: 1, Mode: 0, ConsecutiveFailures: 3, SecondsSinceLastSolve: 34 },
      ...{ ErrorRate: 0.25, QueueDepth: 7, BacklogSeconds: 12, InFlightTasks: 20, LoadPct: 40 },
      ...{ Solved: 0, UnknownCharges: 0, DeadLetters: 0, Failed: 0, Balance: 25, FreeThreads: 8 },
    }
    for (const [name, value] of Object.entries(expected)) expect([name, numberOf(metrics, name)]).toEqual([name, value])
    expect(numberOf(metrics, 'Balance', { Provider: 'captchaai' })).toBe(25)
    expect(numberOf(metrics, 'FreeThreads', { Provider: 'captchaai' })).toBe(8)
  })
  it('are raw: what is shown by hysteresis does not change them', () => {
    const notReady = { ...raw, status: 'not_ready' as const, mode: 'emergency' as const }
    expect(numberOf(published({}, NO_NEWS, { raw: notReady, status: 'ready' }), 'Ready')).toBe(0)
    expect(numberOf(published({}, NO_NEWS, { raw: notReady }), 'Mode')).toBe(2)
    expect(numberOf(published({}, NO_NEWS, { raw, status: 'not_ready' }), 'Ready')).toBe(1)
  })
  it('that wake people are not published while a person has paused the fleet', () => {
    const pause = { by: 'ops/anna', at: NOON, reason: 'moving house' }
    const names = (metrics: Metric[]) => new Set(metrics.map(({ name }) => name))
    const [paused, open] = [names(published({ pause })), names(published())]
    expect([...open].filter((name) => !paused.has(name))).toEqual(['Ready', 'AccountFault', 'BacklogSeconds'])
    expect([...paused]).toEqual(expect.arrayContaining(['SweepHeartbeat', 'Mode', 'DeadLetters']))
  })
  it.each([
    ['api_key_refused=captchaai', 1],
    ['secret_unreadable', 1],
    ['low_balance=$0.50', 1],
    ['no_threads=captchaai', 1],
    ['circuit_open=captchaai', 0],
    ['spend_limit=hour', 0],
  ])('say of the issue %s whether the account is to be mended: %i', (issue, value) => {
    const issues = ['queue_full=1200', issue]
    expect(numberOf(published({}, NO_NEWS, { raw: { ...raw, status: 'not_ready', issues } }), 'AccountFault')).toBe(
      value,
    )
    const asWarning = { ...raw, warnings: [issue] }
    expect(numberOf(published({}, NO_NEWS, { raw: asWarning }), 'AccountFault')).toBe(0)
  })
  it('tell whether a person has paused the fleet', () => {
    expect(numberOf(published(), 'Paused')).toBe(0)
    expect(numberOf(published({ pause: { by: 'ops/anna', at: NOON, reason: 'moving house' } }), 'Paused')).toBe(1)
  })
  it('tell the breaker of each provider, and how long the balance lasts where it falls', () => {
    const opened = { state: 'open', since: NOON, cause: 'HTTP_502', isProven: false } as const
    const providers = [provider({ breaker: opened }), paidByBalance({ balance: 9, burnPerSecond: 0.0025 })]
    const metrics = published({ providers })
    expect(numberOf(metrics, 'BreakerOpen')).toBe(1)
    expect(numberOf(metrics, 'BreakerOpen', { Provider: 'captchaai' })).toBe(1)
    expect(numberOf(metrics, 'BreakerOpen', { Provider: 'twocaptcha' })).toBe(0)
    expect(numberOf(metrics, 'BalanceRunwaySeconds', { Provider: 'twocaptcha' })).toBe(3600)
    expect(numberOf(metrics, 'BalanceRunwaySeconds', { Provider: 'captchaai' })).toBeUndefined()
  })
  it('say no error rate without data, and no seconds since the last solve without demand', () => {
    const metrics = published({ demandSeconds: 300, demand: false })
    expect(metrics.some(({ name }) => name === 'ErrorRate')).toBe(false)
    expect(numberOf(metrics, 'SecondsSinceLastSolve')).toBe(0)
  })
  it('tell news: solves with their times, failures by class, expired ones as deadline, charges that are unknown', () => {
    const spent = { resubmitted: 0, unknown: 2 }
    const outcomes = summarise([
      solved(NOON, 4),
      { ...solved(NOON, 4.5), method: 'turnstile' },
      solved(NOON, 900),
      failed(NOON),
      failed(NOON, false),
      expired(NOON, null),
      { kind: 'expired', at: NOON, submittedAt: 1, counted: true, spent },
    ])
    const metrics = published({}, { outcomes, deadLetters: 3 })
    expect(numberOf(metrics, 'Solved')).toBe(3)
    expect(numberOf(metrics, 'Failed')).toBe(4)
    expect(numberOf(metrics, 'Failed', { Class: 'deadline' })).toBe(2)
    expect(numberOf(metrics, 'Failed', { Class: 'task' })).toBe(1)
    expect(numberOf(metrics, 'UnknownCharges')).toBe(2)
    expect(numberOf(metrics, 'DeadLetters')).toBe(3)
    expect(metrics.find(({ name }) => name === 'SolveSeconds')?.values).toEqual([
      { value: 5, count: 2 },
      { value: 600, count: 1 },
    ])
  })
  it('do not repeat a balance that could not be read', () => {
    const providers = [provider({ error: { class: 'transient', code: 'TIMEOUT' } }), paidByBalance({ balance: 3 })]
    const metrics = published({ providers })
    expect(numberOf(metrics, 'Balance')).toBeUndefined()
    expect(numberOf(metrics, 'Balance', { Provider: 'captchaai' })).toBeUndefined()
    expect(numberOf(metrics, 'Balance', { Provider: 'twocaptcha' })).toBe(3)
  })
  it('say nothing of readiness while outcomes are still to be read', () => {
    const metrics = published({ errorRate: 0.9 }, NO_NEWS, {}, false)
    const names = metrics.map(({ name }) => name)
    expect(names).toContain('SweepHeartbeat')
    for (const name of ['Ready', 'Mode', 'ErrorRate', 'ConsecutiveFailures']) expect(names).not.toContain(name)
  })
})
