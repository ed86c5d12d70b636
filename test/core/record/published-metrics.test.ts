import { expect, it } from 'vitest'
import { EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import { metricsOf } from '../../../functions/core/record/metrics.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import { NOON, provider, totals } from '../../build/evidence.ts'
import { recordOf } from '../../build/record.ts'

/** Each metric as `Name Unit value`, with its dimensions. */
const published = (
  record: ReadinessRecord,
  outcomes = EMPTY_SUMMARY,
  { caughtUp = true, gate = null as 'open' | 'shut' | 'changing' | null } = {},
) =>
  metricsOf(record, { outcomes, deadLetters: 2 }, { maxInFlight: 50, caughtUp, gate }).map(
    ({ name, unit, value, values, dimensions = {} }) =>
      [name, unit, value ?? JSON.stringify(values), ...Object.values(dimensions)].join(' '),
  )
const busy = recordOf({
  status: 'not_ready',
  mode: 'emergency',
  issues: ['low_balance=$0.50'],
  evidence: {
    queue: { waiting: 40, available: 30, inFlight: 25, deadLetters: 7 },
    ...{ demand: true, demandSeconds: 90, backlogSeconds: 31, errorRate: 0.25 },
    totals: totals({ trailingFailures: 3 }),
    providers: [provider({ balance: 0.5, burnPerSecond: 0.01, threads: { total: 10, free: 4 } })],
  },
})
const OF_FLEET = [
  'SweepHeartbeat Count 1',
  'Paused None 0',
  'Demand None 1',
  'QueueDepth Count 40',
  'InFlightTasks Count 25',
  'LoadPct Percent 50',
  'DeadLetters Count 2',
]
const OF_ACCOUNT = ['BreakerOpen None 0', 'Balance None 0.5', 'BalanceRunwaySeconds Seconds 50', 'FreeThreads Count 4']
const OF_PROVIDER = OF_ACCOUNT.map((text) => `${text} captchaai`)

it('a sweep publishes each number once, with the unit that CloudWatch shows it in', () => {
  expect(published(busy)).toEqual([
    ...OF_FLEET,
    ...['Solved Count 0', 'UnknownCharges Count 0', 'Failed Count 0'],
    ...OF_ACCOUNT,
    ...OF_PROVIDER,
    ...['Ready None 0', 'AccountFault None 1', 'BacklogSeconds Seconds 31'],
    ...['Mode None 2', 'ConsecutiveFailures Count 3', 'SecondsSinceLastSolve Seconds 90', 'ErrorRate None 0.25'],
  ])
})

it('what ended since the last sweep is published by class and by time, without what there was none of', () => {
  const times = Array.from({ length: 14 }, (_, n) => (n === 2 ? 3 : n === 13 ? 1 : 0))
  const outcomes = totals({
    ...{ solved: 4, unknown: 1, expiredWaiting: 2, expiredSubmitted: 1, failedByClass: { task: 2, unknown: 0 } },
    solveSeconds: { turnstile: times },
  })
  const news = published(busy, outcomes).slice(OF_FLEET.length, -(OF_ACCOUNT.length + OF_PROVIDER.length + 7))
  expect(news).toEqual([
    ...['Solved Count 4', 'UnknownCharges Count 1'],
    'SolveSeconds Seconds [{"value":10,"count":3},{"value":600,"count":1}]',
    ...['Failed Count 5', 'Failed Count 2 task', 'Failed Count 3 deadline'],
  ])
})

it.each([
  [null, []],
  ['open', ['GatePaused None 0']],
  ['shut', ['GatePaused None 1']],
  ['changing', ['GatePaused None 1']],
] as const)('a gate that is %s is published as %o', (gate, metrics) => {
  expect(published(busy, EMPTY_SUMMARY, { gate }).filter((text) => text.startsWith('Gate'))).toEqual(metrics)
})

it('while outcomes are unread nothing is published about readiness, and while a person has paused nothing that wakes people', () => {
  expect(published(busy, EMPTY_SUMMARY, { caughtUp: false }).at(-1)).toBe(OF_PROVIDER.at(-1))
  const pause = { by: 'kim', at: NOON, reason: 'plan change' }
  const paused = published(recordOf({ evidence: { pause, errorRate: null, demand: false } }))
  expect(paused).toContain('Paused None 1')
  expect(paused.slice(-3)).toEqual(['Mode None 0', 'ConsecutiveFailures Count 0', 'SecondsSinceLastSolve Seconds 0'])
  expect(paused.join()).not.toMatch(/Ready|AccountFault|Backlog|ErrorRate/)
  for (const text of paused) expect(text).toMatch(/^[A-Z]\w+ [A-Z]\w+ \S/)
})

it('of an account whose balance was never read nothing is published but its breaker, which is open until it is closed', () => {
  const half = { state: 'half_open', since: NOON, cause: null, isProven: true } as const
  const providers = [provider({ balance: null, threads: null, breaker: half })]
  const of = published(recordOf({ evidence: { providers } })).filter((text) => /^(Breaker|Balance|Free)/.test(text))
  expect(of).toEqual(['BreakerOpen None 1', 'BreakerOpen None 1 captchaai'])
})

it('a task that failed because its time was over counts with those that expired', () => {
  const outcomes = totals({ failedByClass: { deadline: 2 }, expiredWaiting: 1, expiredSubmitted: 4 })
  const of = published(recordOf(), outcomes).filter((text) => text.startsWith('Failed'))
  expect(of).toEqual(['Failed Count 7', 'Failed Count 7 deadline'])
})

it('of an account that could not be read, or is not the active one, no old value is published as new', () => {
  const error = { class: 'transient', code: 'TIMEOUT' } as const
  const providers = [provider({ error, burnPerSecond: 0.01 }), provider({ name: 'twocaptcha', threads: null })]
  const of = published(recordOf({ evidence: { providers } })).filter((text) => /^(Breaker|Balance|Free)/.test(text))
  expect(of).toEqual([
    ...['BreakerOpen None 0', 'BreakerOpen None 0 captchaai'],
    ...['BreakerOpen None 0 twocaptcha', 'Balance None 25 twocaptcha'],
  ])
})
