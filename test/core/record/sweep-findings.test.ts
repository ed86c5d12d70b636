import { describe, expect, it } from 'vitest'
import { EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import { summarise } from '../../../functions/core/outcome/summary-of.ts'
import { driftOf, findingsOf } from '../../../functions/core/record/sweep-findings.ts'
import { minute, NOON, paidByBalance, totals } from '../../build/evidence.ts'
import { accepted } from '../../build/outcomes.ts'
import { recordOf, SWEPT_AT, sweptProvider } from '../../build/record.ts'

const SETTINGS = { minBalance: null }
const found = (record = recordOf(), last: ReturnType<typeof recordOf> | null = null) =>
  findingsOf(record, last, SETTINGS)
const refused = (name: 'transient' | 'uncertain' | 'capacity' | 'auth', provider = 'captchaai') =>
  ({ kind: 'refused', at: NOON, provider, class: name, code: 'X' }) as const

describe('what a sweep found, for the admission of the fleet', () => {
  it('has the raw mode, and the tasks settled per second of the last three minutes', () => {
    const minutes = [minute(NOON - 240_000, { solved: 99 }), minute(NOON - 120_000, { solved: 6, failed: 2 })]
    const record = recordOf({ sweptAt: NOON, mode: 'degraded', evidence: { minutes } })
    expect(found(record)).toMatchObject({ mode: 'degraded', settledPerSecond: 8 / 120 })
    expect(found(recordOf({ sweptAt: NOON, evidence: { minutes: [] } })).settledPerSecond).toBeNull()
  })

  it.each([
    ['consecutive_failures=12', true],
    ['overdue=3', true],
    ['error_rate=0.62', true],
    ['no_solve_for=700s', true],
    ['queue_full=1200', false],
    ['spend_limit=hour', false],
  ])('takes %s for the fault of the active provider: %s', (issue, isActiveBad) => {
    expect(found(recordOf({ status: 'not_ready', issues: [issue] })).isActiveBad).toBe(isActiveBad)
  })

  it('takes an unusable active provider for bad, and one that is not active for not sound', () => {
    const gone = { unusableSince: SWEPT_AT }
    expect(found(recordOf({ evidence: { providers: [sweptProvider(gone)] } })).isActiveBad).toBe(true)
    const seen = found(recordOf({ evidence: { providers: [sweptProvider(), paidByBalance(gone)] } }))
    expect({ bad: seen.isActiveBad, sound: seen.providers.map(({ isSound }) => isSound) }).toEqual({
      bad: false,
      sound: [true, false],
    })
  })

  it('judges the provider that tasks go to, also where it is not the first one', () => {
    const providers = [sweptProvider(), paidByBalance({ unusableSince: SWEPT_AT })]
    const isBad = (activeProvider: string) => found(recordOf({ evidence: { providers, activeProvider } })).isActiveBad
    expect(['captchaai', 'twocaptcha'].map(isBad)).toEqual([false, true])
  })

  it('says of the account call whether it was answered, only of one that this sweep made', () => {
    const answered = (changes: Parameters<typeof sweptProvider>[0]) =>
      found(recordOf({ evidence: { providers: [sweptProvider(changes)] } })).providers[0]?.answered
    expect(answered({ checkedAt: SWEPT_AT })).toBe(true)
    expect(answered({ checkedAt: SWEPT_AT, error: { class: 'transient', code: 'REFUSED' } })).toBe(false)
    expect(answered({ checkedAt: SWEPT_AT - 5000 })).toBeNull()
  })

  it('counts the submits since the last sweep, and those of them that the provider lost or answered slowly', () => {
    const slow = { ...accepted(NOON), isSlow: true }
    const before = summarise([slow, refused('transient')])
    const events = [
      accepted(NOON),
      slow,
      { ...refused('uncertain'), isSlow: true },
      refused('capacity'),
      refused('auth'),
      { ...refused('transient', 'b'), isSlow: true },
    ]
    const now = summarise([slow, refused('transient'), ...events])
    const [record, last] = [now, before].map((of) => recordOf({ evidence: { totals: of } }))
    expect(found(record, last).providers[0]?.submits).toEqual({ sent: 5, failed: 1, slow: 2 })
    expect(found(record, null).providers[0]?.submits).toEqual({ sent: 0, failed: 0, slow: 0 })
  })

  it('is all that the admission of the fleet asks for, and what cannot be known is left open', () => {
    const providers = [
      sweptProvider({ backAt: SWEPT_AT }),
      paidByBalance({ backAt: SWEPT_AT - 1, checkedAt: SWEPT_AT }),
    ]
    const solveSeconds = { turnstile: [1, 2] }
    const evidence = { providers, totals: totals({ solveSeconds }), minutes: [], activeProvider: 'gone' }
    const submits = { sent: 0, failed: 0, slow: 0 }
    expect(found(recordOf({ mode: 'emergency', evidence }))).toEqual({
      ...{ mode: 'emergency', settledPerSecond: null, isActiveBad: false, isNewPeriod: true, demand: true },
      ...{ calledBack: null, solveSeconds },
      providers: [
        { name: 'captchaai', answered: true, isBack: true, isSound: true, threads: 5, submits },
        { name: 'twocaptcha', answered: true, isBack: false, isSound: true, threads: null, submits },
      ],
    })
    const minutes = [minute(NOON - 60_000, { solved: 10, calledBack: 4 })]
    expect(found(recordOf({ evidence: { minutes, demand: false } }))).toMatchObject({ calledBack: 0.4, demand: false })
  })

  it('is of a new period once, however often it is swept', () => {
    expect(found(recordOf()).isNewPeriod).toBe(true)
    expect(found(recordOf({ countedAt: SWEPT_AT - 3000 })).isNewPeriod).toBe(false)
  })
})

describe('the comparison of places and tasks', () => {
  const paid = totals({ accepted: 40, solved: 20, failedCharged: 5, expiredSubmitted: 3, resubmitted: 2, unknown: 9 })
  it('takes as settled what ends a charge, and not charges that are only possible', () => {
    const { memory } = driftOf(recordOf({ evidence: { totals: paid } }), null, 12)
    expect(memory?.sample).toEqual({ at: SWEPT_AT, counted: 12, polls: 9, accepted: 40, settled: 30, refused: 0 })
  })
  it('is left alone while outcomes are unread, or where nobody knows what the item counts', () => {
    const memory = { sample: { at: 1, counted: 1, polls: 1, accepted: 1, settled: 1, refused: 0 }, surplus: null }
    const last = recordOf({ drift: memory })
    const behind = recordOf({ sweptAt: SWEPT_AT - 60_000, evidence: { ranAt: SWEPT_AT, totals: EMPTY_SUMMARY } })
    expect(driftOf(behind, last, 12)).toEqual({ memory, surplus: 0 })
    expect(driftOf(recordOf(), last, null)).toEqual({ memory, surplus: 0 })
  })
  it('knows submits that were refused, messages that workers have, and probes', () => {
    const busy = totals({ refusedByClass: { auth: 2, rate: 3 } })
    const queue = { waiting: 9, available: 2, received: 7, inFlight: 4, deadLetters: 0 }
    const { memory } = driftOf(recordOf({ evidence: { totals: busy, queue } }), null, 12, 1)
    expect(memory?.sample).toEqual({
      ...{ at: SWEPT_AT, counted: 12, polls: 4, received: 7, accepted: 0, settled: 0, refused: 5, probes: 1 },
    })
    expect(driftOf(recordOf({ evidence: { totals: busy } }), null, null)).toEqual({ memory: null, surplus: 0 })
  })
})
