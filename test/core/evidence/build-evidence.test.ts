import { describe, expect, it } from 'vitest'
import { SECRET_UNREADABLE } from '../../../functions/contract/providers.ts'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { buildEvidence, type Observations, timesInARow } from '../../../functions/core/evidence/build-evidence.ts'
import type { BreakerFacts, ProviderFacts } from '../../../functions/core/evidence/provider-facts.ts'
import { startFrom } from '../../../functions/core/evidence/sweep-accumulator.ts'
import { EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import { evidence, MINUTE, minute, NOON, paidByBalance, provider, SECOND, totals } from '../../build/evidence.ts'

const SETTINGS = { sweepSeconds: 60, emergencyErrorRate: 0.5 }
const IDLE = { waiting: 0, available: 0, inFlight: 0, deadLetters: 0 }
const nothingRead = startFrom(null, NOON)
const observed = (changes: Partial<Observations> = {}): Observations => ({
  now: NOON,
  watermark: NOON - 5 * SECOND,
  totals: EMPTY_SUMMARY,
  minutes: [],
  accumulator: nothingRead,
  queue: IDLE,
  providers: [provider()],
  spendLimit: null,
  breakerClosedAt: null,
  ended: null,
  control: null,
  isNewPeriod: true,
  ...changes,
})
const build = (changes: Partial<Observations>, before: Parameters<typeof evidence>[0] | null = null) =>
  buildEvidence(before === null ? null : evidence(before), observed(changes), SETTINGS)

describe('the evidence of a sweep', () => {
  it('is dated by the sweep, and the fleet began with the first one', () => {
    expect(build({})).toMatchObject({ ranAt: NOON, startedAt: NOON })
    expect(build({}, { startedAt: NOON - 7 })).toMatchObject({ ranAt: NOON, startedAt: NOON - 7 })
  })

  it.each([
    ['tasks wait', { ...IDLE, waiting: 1 }, true],
    ['tasks are in flight', { ...IDLE, inFlight: 1 }, true],
    ['only dead letters lie there', { ...IDLE, deadLetters: 9 }, false],
    ['nothing is there', IDLE, false],
  ])('says whether there is demand where %s', (_, queue, demand) => {
    expect(build({ queue }).demand).toBe(demand)
  })

  it.each([
    ['counts demand since the last sweep up to the watermark', 60, 55],
    ['counts three periods of an outage of the sweep and no more', 3600, 180],
  ])('%s', (_, secondsAgo, seconds) => {
    const last = evidence({ demand: true, demandSeconds: 0 })
    const accumulator = startFrom({ evidence: last, sweptAt: NOON - secondsAgo * SECOND }, NOON)
    expect(build({ accumulator, queue: { ...IDLE, waiting: 1 } }).demandSeconds).toBe(seconds)
  })
})

describe('the age of the backlog', () => {
  const waiting = { ...IDLE, waiting: 3 }
  it('is 0 where nothing waits, whatever was parked before', () => {
    expect(build({ accumulator: { ...nothingRead, oldestParkedAt: NOON - MINUTE } }).backlogSeconds).toBe(0)
  })
  it('counts from when tasks have been waiting', () => {
    const before = { ranAt: NOON - MINUTE, waitingSince: NOON - 2 * MINUTE }
    expect(build({ queue: waiting }, before)).toMatchObject({ waitingSince: NOON - 2 * MINUTE, backlogSeconds: 120 })
  })
  it('counts from when the oldest parked task had come, where that is earlier', () => {
    const before = { ranAt: NOON - MINUTE, waitingSince: NOON - 2 * MINUTE }
    const accumulator = { ...nothingRead, oldestParkedAt: NOON - 5 * MINUTE }
    expect(build({ queue: waiting, accumulator }, before).backlogSeconds).toBe(300)
  })
  it('is not made up for an outage of the sweep of more than three periods', () => {
    const sweptBefore = (seconds: number) => ({ ranAt: NOON - seconds * SECOND, waitingSince: NOON - 10 * MINUTE })
    expect(build({ queue: waiting }, sweptBefore(180)).backlogSeconds).toBe(600)
    expect(build({ queue: waiting }, sweptBefore(181)).backlogSeconds).toBe(0)
  })
})

describe('the sweeps in a row with a bad error rate', () => {
  const rate = (counted: number, solved: number) => [minute(NOON - MINUTE, { counted, solved })]
  it.each([
    ['grow where the rate is above the emergency threshold', rate(6, 5), 2, 3],
    ['end where the rate is exactly at the threshold', rate(5, 5), 2, 0],
    ['end where too few tasks settled to tell', rate(9, 0), 2, 0],
  ])('%s', (_, minutes, badRateSweeps, expected) => {
    expect(build({ minutes }, { badRateSweeps }).badRateSweeps).toBe(expected)
  })

  it.each([
    [0, true, true, 1],
    [4, true, true, 5],
    [0, true, false, 1],
    [4, true, false, 4],
    [4, false, true, 0],
    [4, false, false, 0],
  ])('%i before, bad: %s, a new period: %s', (before, holds, isNewPeriod, expected) => {
    expect(timesInARow(before, holds, isNewPeriod)).toBe(expected)
  })
})

describe('the providers and workers in the evidence', () => {
  it('the first provider is the active one; without any there is none', () => {
    expect(build({ providers: [paidByBalance(), provider()] }).activeProvider).toBe('twocaptcha')
    expect(build({ providers: [] }).activeProvider).toBeNull()
  })

  it('a provider that refused the workers is unusable since then', () => {
    const refusal = { at: NOON - SECOND, refusal: { class: 'auth', code: 'ERROR_KEY' } as const }
    const told = totals({ accountAnswers: { captchaai: refusal } })
    const [facts] = build({ totals: told }).providers
    expect(facts).toMatchObject({ unusableSince: NOON - SECOND, workersRefused: { code: 'ERROR_KEY' } })
  })

  it('the secret is readable unless a provider’s key could not be read', () => {
    const unreadable = provider({ error: { class: 'auth', code: 'SECRET_UNREADABLE' } })
    expect(build({ providers: [provider()] }).secretReadable).toBe(true)
    expect(build({ providers: [provider(), unreadable] }).secretReadable).toBe(false)
  })

  it('a worker is alive for less than two minutes after its last outcome', () => {
    const workers = { here: NOON - 119_999, gone: NOON - 120_000 }
    const accumulator = { ...nothingRead, workers, lastOutcomeAt: NOON - 119_999 }
    const found = build({ accumulator })
    expect(found).toMatchObject({ workers: { here: NOON - 119_999 }, workersAlive: 1, lastOutcomeAt: NOON - 119_999 })
    expect(found.workers).not.toHaveProperty('gone')
  })
})

describe('demand and recovery in the evidence', () => {
  const waiting = { queue: { ...IDLE, waiting: 30, available: 30 } }
  const lastSweep = evidence({ ranAt: NOON - MINUTE, demand: false })
  it('messages that wait are no demand while the workers meet nothing but messages with faults of their own', () => {
    const wrong = totals({ lastClientErrorAt: NOON - SECOND })
    expect(build({ ...waiting, totals: wrong }, lastSweep).demand).toBe(false)
    expect(build({ ...waiting, totals: totals({ lastClientErrorAt: NOON - 2 * MINUTE }) }, lastSweep).demand).toBe(true)
    expect(build(waiting, lastSweep).demand).toBe(true)
    expect(build({ queue: { ...IDLE, waiting: 30, inFlight: 1 }, totals: wrong }, lastSweep).demand).toBe(true)
  })
  it('one well-formed task among them makes demand', () => {
    const demand = { counted: 0, openSince: NOON - SECOND, lastActivityAt: NOON - SECOND }
    const found = { ...waiting, totals: totals({ lastClientErrorAt: NOON }), accumulator: { ...nothingRead, demand } }
    expect(build(found, lastSweep).demand).toBe(true)
  })
  it('a breaker that was closed since the last sweep ends the demand that was counted', () => {
    const asked = evidence({ ranAt: NOON - MINUTE, demandSeconds: 700, demand: true })
    const accumulator = startFrom({ evidence: asked, sweptAt: NOON - MINUTE }, NOON)
    expect(build({ accumulator, breakerClosedAt: NOON }, asked).demandSeconds).toBe(0)
    expect(build({ accumulator, breakerClosedAt: NOON }, { ...asked, usableAgainAt: NOON }).demandSeconds).toBe(700)
  })
  describe('a provider that can be used again, by its own answer', () => {
    const MINUTE_AGO = NOON - MINUTE
    const asked = { ranAt: MINUTE_AGO, demandSeconds: 700, demand: true }
    const half: BreakerFacts = { state: 'half_open', since: MINUTE_AGO, cause: null, isProven: false }
    const usableAgain = (was: Partial<ProviderFacts>, is: Partial<ProviderFacts> = {}) => {
      const before = { ...asked, providers: [provider(was)] }
      const accumulator = startFrom({ evidence: evidence(before), sweptAt: MINUTE_AGO }, NOON)
      const { usableAgainAt, demandSeconds } = build({ accumulator, providers: [provider(is)] }, before)
      return { usableAgainAt, demandSeconds }
    }
    const again = { usableAgainAt: NOON, demandSeconds: 0 }
    it.each<[string, Partial<ProviderFacts>]>([
      ['its key is accepted', { keyRefused: true, unusableSince: MINUTE_AGO }],
      ['its plan has threads', { threads: { total: 0, free: 0 } }],
      ['its account answers after several lost calls', { lostCalls: 3, unusableSince: MINUTE_AGO }],
    ])('%s: the demand of the time before does not count', (_, was) => {
      expect(usableAgain(was, { threads: { total: 5, free: 5 } })).toEqual(again)
    })
    it('is no news where it could be used before, or still cannot', () => {
      const not = { usableAgainAt: null, demandSeconds: 700 }
      expect(usableAgain({})).toMatchObject(not)
      const refused = { keyRefused: true, unusableSince: MINUTE_AGO }
      expect(usableAgain(refused, refused)).toMatchObject(not)
      expect(usableAgain(refused, { threads: { total: 0, free: 0 } })).toMatchObject(not)
    })
    it('is not a breaker that is only half-open, unless the account was lost and is back', () => {
      const control = { ...initialAdmission(['captchaai']).control }
      const breaker: Breaker = { state: 'half_open', since: MINUTE_AGO, seconds: 10, successes: 0, lease: null }
      const halfOpen = { ...control, providers: { captchaai: { ...initialProvider, breaker } } }
      const before = { providers: [provider({ unusableSince: MINUTE_AGO, breaker: half })] }
      const seen = (is: Partial<ProviderFacts>) =>
        build({ control: halfOpen, providers: [provider({ ...before.providers[0], ...is })] }, before)
      expect(seen({}).usableAgainAt).toBeNull()
      expect(seen({ backAt: MINUTE_AGO - 1 }).usableAgainAt).toBeNull()
      expect(seen({ backAt: MINUTE_AGO }).usableAgainAt).toBe(NOON)
    })
  })
  it.each([
    ['are old after an hour in which nobody asks', 60, false, false, true],
    ['are not old before', 59.99, false, false, false],
    ['are not old while a task is there that may prove them', 60, true, false, false],
    ['stay old until the task that comes then has ended', 61, true, true, true],
  ])('failures %s', (_, minutesAgo, isAsked, wasUnproven, unproven) => {
    const failedAt = totals({ lastFailureAt: NOON - minutesAgo * MINUTE })
    const queue = { ...IDLE, inFlight: isAsked ? 1 : 0 }
    expect(build({ totals: failedAt, queue }, { ...lastSweep, unproven: wasUnproven }).unproven).toBe(unproven)
  })
  it('a fleet without failures has nothing to prove', () => {
    expect(build({}, lastSweep).unproven).toBe(false)
  })
})

describe('what a sweep finds of the time before it', () => {
  it('a bad error rate counts once in a period, however often the period is swept', () => {
    const minutes = [minute(NOON - MINUTE, { counted: 11, solved: 2 })]
    const counted = (isNewPeriod: boolean) => build({ minutes, isNewPeriod }, { badRateSweeps: 3 }).badRateSweeps
    expect([counted(true), counted(false)]).toEqual([4, 3])
  })

  it('a secret that only workers could not read is not readable', () => {
    const refusal = { class: 'auth', code: SECRET_UNREADABLE } as const
    const accountAnswers = { captchaai: { at: NOON - 7 * SECOND, refusal } }
    const lastBalance = provider({ balanceAt: NOON - 8 * SECOND })
    expect(build({ totals: totals({ accountAnswers }), providers: [lastBalance] }).secretReadable).toBe(false)
  })
})
