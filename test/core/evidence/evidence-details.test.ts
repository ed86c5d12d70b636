import { describe, expect, it } from 'vitest'
import type { Breaker } from '../../../functions/core/admission/breaker/breaker-state.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import { applyAccountCall, isDue, runwaySecondsOf, withWorkers } from '../../../functions/core/evidence/account-call.ts'
import { advanceDemand, demandSecondsAt, isDemand, waitingSinceOf } from '../../../functions/core/evidence/demand.ts'
import { breakerClosedAt, liveEvidence, withControl } from '../../../functions/core/evidence/fleet-control.ts'
import {
  isSecretUnreadable,
  keyRefusalOf,
  type ProviderFacts,
} from '../../../functions/core/evidence/provider-facts.ts'
import { isAnyUsableAgain } from '../../../functions/core/evidence/usability.ts'
import type { Summary } from '../../../functions/core/outcome/summary.ts'
import { evidence, HOUR, NOON, paidByBalance, provider, SECOND, totals } from '../../build/evidence.ts'
import { outcome } from '../../build/outcomes.ts'

const at = (seconds: number) => NOON + seconds * SECOND

describe('an outcome item shows that a task was unsettled', () => {
  const none = { counted: 0, openSince: null, lastActivityAt: null }
  const shows = (counts: Partial<Summary>) => advanceDemand(none, outcome(NOON, [], counts)).openSince !== null
  it.each<[boolean, Partial<Summary>]>([
    [false, {}],
    [true, { received: 1 }],
    [true, { parked: 1 }],
    [true, { expiredWaiting: 1 }],
    [true, { accepted: 1 }],
    [true, { polled: 1 }],
    [true, { solved: 1 }],
    [true, { failed: 1 }],
    [true, { expiredSubmitted: 1 }],
    [false, { received: 2, failed: 2, failedByClass: { task: 2 } }],
    [true, { received: 3, failed: 2, failedByClass: { task: 2 } }],
    [true, { failed: 3, failedByClass: { task: 2, unsolvable: 1 } }],
    [true, { parked: 1, received: 1, failed: 1, failedByClass: { task: 1 } }],
    [true, { accepted: 1, failed: 1, failedByClass: { task: 1 } }],
    [true, { polled: 2, accepted: 1 }],
    [true, { expiredSubmitted: 1, failed: 1, received: 1, failedByClass: { task: 1 } }],
    [false, { invalid: 4, duplicates: 2, faults: 1 }],
  ])('%s: %o', (isShown, counts) => {
    expect(shows(counts)).toBe(isShown)
  })

  it('demand counts from a solve, or from its item where a clock is ahead', () => {
    const solvedAt = (lastSolveAt: number) =>
      advanceDemand({ ...none, counted: 500 }, outcome(NOON, [], { solved: 1, lastSolveAt }))
    expect(solvedAt(at(-5))).toEqual({ counted: 0, openSince: at(-5), lastActivityAt: NOON })
    expect(solvedAt(at(5))).toEqual({ counted: 0, openSince: NOON, lastActivityAt: NOON })
  })

  it('there is none where none is open, whatever the time of the sweep', () => {
    expect(demandSecondsAt({ counted: 7000, openSince: null, lastActivityAt: NOON }, true, at(60), 180)).toBe(7)
  })
})

describe('messages that wait while workers met nothing but faults of clients', () => {
  const quiet = { counted: 0, openSince: null, lastActivityAt: null }
  const waiting = { waiting: 3, inFlight: 0 }
  it.each<[boolean, number | null, number | null]>([
    [true, null, null],
    [true, null, NOON],
    [false, null, NOON + 1],
    [true, NOON + 1, NOON + 1],
  ])(
    'are demand: %s, with the last activity at %s and the last fault at %s',
    (isIt, lastActivityAt, lastClientErrorAt) => {
      expect(isDemand(waiting, { ...quiet, lastActivityAt }, totals({ lastClientErrorAt }), NOON)).toBe(isIt)
    },
  )

  it.each([
    [HOUR, at(-90)],
    [HOUR + 1, at(-10)],
  ])('are worked off by the last fault unless a task has been parked for %i ms', (parkedFor, since) => {
    const counts = { oldestParkedAt: NOON - parkedFor, lastClientErrorAt: at(-10) }
    const last = { waitingSince: at(-90), at: at(-60) }
    expect(waitingSinceOf({ waiting: 1, at: NOON, totals: totals(counts) }, last, 180)).toBe(since)
  })
})

describe('how long the money lasts', () => {
  const called = (facts: Partial<ProviderFacts>, value: number, second: number) =>
    applyAccountCall(
      provider(facts),
      { balance: { kind: 'balance', value, ms: 1 }, threads: { kind: 'none' } },
      at(second),
    ).burnPerSecond
  const known = { balance: 10, balanceAt: NOON, burnPerSecond: null }

  it.each<[string, Partial<ProviderFacts>, number, number, number | null]>([
    ['one reading says nothing', { ...known, balance: null }, 9, 60, null],
    ['one without its time says nothing', { ...known, balanceAt: null }, 9, 60, null],
    ['the first one of an empty account says nothing', { ...known, balance: null, balanceAt: null }, 0, 60, null],
    ['two say the fall per second', known, 9.4, 60, 0.01],
    ['a second one at the same time says nothing', known, 9, 0, null],
    ['one that was read before says nothing', known, 9, -60, null],
    ['one that rose says nothing', { ...known, burnPerSecond: 0.02 }, 11, 60, 0.02],
    ['one that stayed says that nothing is spent', known, 10, 60, 0],
    ['a ninth of a quarter of an hour counts a ninth', { ...known, burnPerSecond: 0.02 }, 9, 100, 0.02 - 0.01 / 9],
    ['more than a quarter of an hour counts wholly', { ...known, burnPerSecond: 0.02 }, 1, 1800, 0.005],
  ])('%s', (_, facts, value, second, burn) => {
    const found = called(facts, value, second)
    if (burn === null) expect(found).toBeNull()
    else expect(found).toBeCloseTo(burn, 9)
  })

  it.each<[number | null, number | null, number | null]>([
    [10, 0.01, 1000],
    [0, 0.01, 0],
    [-3, 0.01, 0],
    [null, 0.01, null],
    [10, null, null],
    [10, 0, null],
  ])('a balance of %s at %s a second lasts for %s s', (balance, burnPerSecond, seconds) => {
    expect(runwaySecondsOf(provider({ balance, burnPerSecond }))).toBe(seconds)
  })
})

describe('a provider', () => {
  it('is asked at every sweep while its breaker is not closed', () => {
    const breaker = { state: 'half_open', since: NOON, cause: null, isProven: false } as const
    expect(isDue(provider({ breaker }), at(1), 60)).toBe(true)
    expect(isDue(provider(), at(1), 60)).toBe(false)
  })

  it('refuses the key with the code of the account call, or with a word where there is none', () => {
    expect(keyRefusalOf(provider({ keyRefused: true, error: { class: 'auth', code: 'BAD_KEY' } }))).toBe('BAD_KEY')
    expect(keyRefusalOf(provider({ keyRefused: true }))).toBe('refused')
  })

  it('has a secret that cannot be read where the sweep or a worker says so', () => {
    const unreadable = { class: 'auth', code: 'SECRET_UNREADABLE' } as const
    expect(isSecretUnreadable(provider({ error: unreadable }))).toBe(true)
    expect(isSecretUnreadable(provider({ workersRefused: { ...unreadable, at: NOON } }))).toBe(true)
    expect(isSecretUnreadable(provider())).toBe(false)
  })

  it('that a worker was refused by stays so until a later answer; an account that was never read disproves nothing', () => {
    const answer = { at: NOON, refusal: { class: 'funds', code: 'ERROR_ZERO_BALANCE' } } as const
    expect(withWorkers(provider({ balanceAt: null }), answer).workersRefused).toEqual({ at: NOON, ...answer.refusal })
    expect(withWorkers(provider(), { at: NOON, refusal: null }).workersRefused).toBeNull()
    expect(withWorkers(provider(), undefined).workersRefused).toBeNull()
  })

  it('of several can be used again, where one could not: the fleet has recovered, whatever the others do', () => {
    const gone = { unusableSince: at(-60) }
    const both = (first: object, second: object) => [provider(first), paidByBalance(second)]
    expect(isAnyUsableAgain(both(gone, {}), both({}, {}))).toBe(true)
    expect(isAnyUsableAgain(both({}, gone), both(gone, {}))).toBe(true)
    expect(isAnyUsableAgain(both({}, {}), both({}, {}))).toBe(false)
    expect(isAnyUsableAgain(both(gone, {}), both(gone, {}))).toBe(false)
    expect(isAnyUsableAgain([], both({}, {}))).toBe(false)
    const half = (isProven: boolean) => ({
      breaker: { state: 'half_open', since: NOON, cause: null, isProven } as const,
    })
    expect([true, false].map((isProven) => isAnyUsableAgain(both(gone, {}), both(half(isProven), {})))).toEqual([
      true,
      false,
    ])
    const back = (seconds: number) => both({ ...half(false), backAt: at(seconds) }, {})
    expect([-60, -61].map((seconds) => isAnyUsableAgain(both(gone, {}), back(seconds)))).toEqual([true, false])
  })
})

describe('what the admission item says of a provider', () => {
  const closed = (rampSince: number | null): Breaker => ({ state: 'closed', submit: null, result: null, rampSince })
  const open: Breaker = { state: 'open', since: NOON, until: at(10), seconds: 10, cause: 'HTTP_502' }
  const { control } = initialAdmission([])
  const withBreakers = (...breakers: Breaker[]) => ({
    ...control,
    providers: Object.fromEntries(breakers.map((breaker, n) => [`p${n}`, { ...initialProvider, breaker }])),
  })

  it.each<[string, Breaker[], number | null, number | null]>([
    ['never, where none was open', [closed(null)], null, null],
    ['as before, where none closed since', [closed(null), open], at(-9), at(-9)],
    ['when the last of them did', [closed(at(-9)), closed(at(-3)), closed(at(-5))], null, at(-3)],
    ['no sooner than what is known already', [closed(at(-9))], at(-1), at(-1)],
    ['later than what is known already', [closed(at(-1))], at(-9), at(-1)],
  ])('a breaker last closed %s', (_, breakers, before, expected) => {
    expect(breakerClosedAt(withBreakers(...breakers), before)).toBe(expected)
  })

  it('nothing is known of breakers where there is no item', () => {
    expect(breakerClosedAt(null, NOON)).toBe(NOON)
  })

  it('a key that is refused outweighs what workers heard, and one that was refused before a good one does not', () => {
    const refused = { fingerprint: 'k1', at: NOON, code: 'BAD_KEY' }
    const workersRefused = { class: 'funds', code: 'X', at: at(-9) } as const
    const seen = (good: string | null, isRefused: boolean) =>
      withControl(provider({ workersRefused }), {
        ...initialProvider,
        key: { good, refused: isRefused ? refused : null, lease: null },
      }).workersRefused
    expect(seen(null, true)).toEqual({ at: NOON, class: 'auth', code: 'BAD_KEY' })
    expect(seen('k2', true)).toBe(workersRefused)
    expect(seen(null, false)).toBe(workersRefused)
  })

  it.each([
    ['a key that is good again answers for the refusals that workers met', 'auth', 'BAD_KEY', 'k1', true],
    ['not for a secret that they could not read', 'auth', 'SECRET_UNREADABLE', 'k1', false],
    ['not for an account without money', 'funds', 'ERROR_ZERO_BALANCE', 'k1', false],
    ['a key that nobody has tried answers for nothing', 'auth', 'BAD_KEY', null, false],
  ] as const)('%s', (_, kind, code, good, isDisproved) => {
    const workersRefused = { class: kind, code, at: at(-9) }
    const key = { good, refused: null, lease: null }
    const seen = withControl(provider({ workersRefused }), { ...initialProvider, key }).workersRefused
    expect(seen).toEqual(isDisproved ? null : workersRefused)
  })

  it('makes a provider unusable between two sweeps, and usable again by a solve, as the sweep would', () => {
    const facts = evidence({ demand: true, providers: [provider({ name: 'p0' })] })
    const live = liveEvidence(facts, withBreakers(open), at(5))
    expect(live.providers[0]).toMatchObject({
      unusableSince: NOON,
      breaker: { state: 'open', since: NOON, cause: 'HTTP_502', isProven: false },
    })
    const lost = evidence({
      totals: totals({ lastSolveAt: at(-1) }),
      providers: [provider({ name: 'p0', lostCalls: 9, lostSince: at(-60), unusableSince: at(-60) })],
    })
    expect(liveEvidence(lost, withBreakers(closed(null)), at(5)).providers[0]?.unusableSince).toBeNull()
  })
})
