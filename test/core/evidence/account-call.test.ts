import { describe, expect, it } from 'vitest'
import {
  type AccountAnswers,
  applyAccountCall,
  isDue,
  runwaySecondsOf,
  withWorkers,
} from '../../../functions/core/evidence/account-call.ts'
import { initialFacts, type ProviderFacts } from '../../../functions/core/evidence/provider-facts.ts'
import { canTakeOver, withUsability } from '../../../functions/core/evidence/usability.ts'
import type { ErrorClass } from '../../../functions/core/provider/error-class.ts'
import { NOON, paidByBalance, provider, SECOND } from '../../build/evidence.ts'

const good: AccountAnswers = {
  balance: { kind: 'balance', value: 12.5, ms: 80 },
  threads: { kind: 'threads', total: 10, free: 3 },
}
const bad = (failureClass: ErrorClass, code = 'TIMEOUT'): AccountAnswers => {
  const failure = { class: failureClass, code, message: '' }
  return { balance: { kind: 'failed', failure, ms: 900 }, threads: { kind: 'failed', failure } }
}
const at = (seconds: number) => NOON + seconds * SECOND

describe('an account call', () => {
  it('brings balance and threads with their time', () => {
    expect(applyAccountCall(initialFacts('captchaai', 'threads'), good, NOON)).toEqual(
      provider({ balance: 12.5, threads: { total: 10, free: 3 }, responseMs: 80 }),
    )
  })
  it('that fails leaves the old balance, marked with its age', () => {
    const known = applyAccountCall(initialFacts('captchaai', 'threads'), good, NOON)
    expect(applyAccountCall(known, bad('transient'), at(60))).toMatchObject({
      ...{ balance: 12.5, balanceAt: NOON, threads: { total: 10, free: 3 } },
      ...{ checkedAt: at(60), error: { class: 'transient', code: 'TIMEOUT' }, lostCalls: 1, lostSince: at(60) },
    })
  })
  it.each([
    [2, 'is nothing special', null],
    [3, 'shows that the account is back', at(60)],
  ])('that is answered after %i lost ones in a row %s', (lost, _, backAt) => {
    const calls = [...Array.from({ length: lost }, () => bad('transient')), good]
    const facts = calls.reduce((known, answers, n) => applyAccountCall(known, answers, at(60 - lost + n)), provider())
    expect(facts).toMatchObject({ backAt, lostCalls: 0, lostSince: null })
    expect(applyAccountCall(facts, good, at(120)).backAt).toBe(backAt)
  })
  it('is due when the balance has its age, or nearly, and always while there is no usable key', () => {
    expect(isDue(initialFacts('captchaai', 'threads'), NOON, 60)).toBe(true)
    expect(isDue(provider(), at(53), 60)).toBe(false)
    expect(isDue(provider(), at(54), 60)).toBe(true)
    expect(isDue(provider({ keyRefused: true }), at(5), 60)).toBe(true)
    expect(isDue(provider({ error: { class: 'auth', code: 'SECRET_UNREADABLE' } }), at(5), 60)).toBe(true)
  })
})

describe('how fast the balance falls', () => {
  const called = (value: number) => ({ ...good, balance: { kind: 'balance' as const, value, ms: 5 } })
  const factsOf = (values: number[], everySeconds = 60) =>
    values.reduce(
      (facts, value, n) => applyAccountCall(facts, called(value), at(everySeconds * n)),
      provider({ balance: null, balanceAt: null }),
    )
  it('is not known from one reading, and is the fall per second from two', () => {
    expect(factsOf([10]).burnPerSecond).toBeNull()
    expect(factsOf([10, 9.4]).burnPerSecond).toBeCloseTo(0.01)
    expect(runwaySecondsOf(factsOf([10, 9.4]))).toBeCloseTo(940)
  })
  it('follows a new rate over about a quarter of an hour', () => {
    const quiet = factsOf([10, 9.4, ...Array.from({ length: 60 }, () => 9.4)])
    expect(quiet.burnPerSecond).toBeLessThan(0.0003)
    expect(factsOf([10, 9.4, 9.4], 900).burnPerSecond).toBe(0)
    expect(runwaySecondsOf(factsOf([10, 9.4, 9.4], 900))).toBeNull()
  })
  it('does not change when somebody tops the account up', () => {
    expect(factsOf([10, 9.4, 50]).burnPerSecond).toBeCloseTo(0.01)
  })
})

describe('a provider is unusable', () => {
  it.each([
    ['open', false, false, true],
    ['open', true, false, true],
    ['half_open', true, false, true],
    ['half_open', true, true, false],
    ['half_open', false, false, false],
    ['closed', true, true, false],
  ] as const)('by its breaker %s, demand %s, proven %s: %s', (state, demand, isProven, unusable) => {
    const breaker = { state, since: at(-30), cause: null, isProven }
    const seen = withUsability(provider({ breaker }), { lastSolveAt: null, demand, now: at(0) })
    expect(seen.unusableSince).toBe(unusable ? at(-30) : null)
  })

  const factsAfter = (answers: AccountAnswers[], lastSolveAt: number | null = null): ProviderFacts =>
    answers.reduce(
      (facts, each, n) =>
        withUsability(applyAccountCall(facts, each, at(60 * n)), { lastSolveAt, demand: true, now: at(60 * n) }),
      provider(),
    )

  it('after three account calls in a row lost in transport, and not after two', () => {
    expect(factsAfter([bad('transient'), bad('blocked')]).unusableSince).toBeNull()
    expect(factsAfter([bad('transient'), bad('blocked'), bad('transient')]).unusableSince).toBe(at(120))
    expect(factsAfter([bad('transient'), bad('transient'), good, bad('transient')]).unusableSince).toBeNull()
    expect(factsAfter([bad('transient'), bad('rate'), bad('transient'), bad('transient')]).unusableSince).toBeNull()
  })
  it('not when something was solved since the first of them', () => {
    const lost = [bad('transient'), bad('transient'), bad('transient')]
    expect(factsAfter(lost, at(0)).unusableSince).toBeNull()
    expect(factsAfter(lost, at(-1)).unusableSince).toBe(at(120))
  })
  it('while its key is refused, which a lost call does not change', () => {
    const refused = factsAfter([bad('auth', 'ERROR_KEY_DOES_NOT_EXIST'), bad('transient')])
    expect(refused).toMatchObject({ keyRefused: true, unusableSince: at(0) })
    expect(
      withUsability(applyAccountCall(refused, good, at(300)), { lastSolveAt: null, demand: true, now: at(300) }),
    ).toMatchObject({
      ...{ keyRefused: false, unusableSince: null },
    })
  })
  it('while its key cannot be read, which is not the same as refused', () => {
    expect(factsAfter([bad('auth', 'SECRET_UNREADABLE')])).toMatchObject({ keyRefused: false, unusableSince: at(0) })
  })
  it('without funds, where it is paid by balance', () => {
    const broke = paidByBalance({ balance: 0 })
    expect(withUsability(broke, { lastSolveAt: null, demand: true, now: NOON }).unusableSince).toBe(NOON)
    expect(
      withUsability(paidByBalance({ balance: 0.5 }), { lastSolveAt: null, demand: true, now: NOON }).unusableSince,
    ).toBeNull()
    expect(
      withUsability(provider({ balance: 0 }), { lastSolveAt: null, demand: true, now: NOON }).unusableSince,
    ).toBeNull()
  })
  it('and none to fall back on without threads or with little money', () => {
    expect(canTakeOver(provider(), 1)).toBe(true)
    expect(canTakeOver(provider({ unusableSince: NOON }), 1)).toBe(false)
    expect(canTakeOver(provider({ threads: { total: 0, free: 0 } }), 1)).toBe(false)
    expect(canTakeOver(paidByBalance({ balance: 0.5 }), 1)).toBe(false)
  })
})

describe('a refusal that workers saw', () => {
  const refusal = { class: 'auth' as const, code: 'KEY_MISSING' }
  const refused = { at: at(0), refusal }
  it.each([
    ['never asked yet', null, refused, true],
    ['a good account call before it', -60, refused, true],
    ['a good account call 10 s after it: the workers may still lack the key', 10, refused, true],
    ['a good account call 89 s after the last one', 89, refused, true],
    ['a good account call 90 s after the last one', 90, refused, false],
    ['a submit accepted since', null, { at: at(1), refusal: null }, false],
    ['no answer to any worker', null, undefined, false],
  ] as const)('%s: %s', (_what, balanceSeconds, answer, stands) => {
    const facts = provider({ balanceAt: balanceSeconds === null ? null : at(balanceSeconds) })
    const seen = withUsability(withWorkers(facts, answer), { lastSolveAt: null, demand: true, now: at(100) })
    expect(seen.workersRefused).toEqual(stands ? { at: at(0), ...refusal } : null)
    expect(seen.unusableSince).toBe(stands ? at(0) : null)
  })
  it('makes the provider unusable from then on, and no place to fall back on', () => {
    const first = withUsability(withWorkers(provider(), refused), { lastSolveAt: null, demand: true, now: at(30) })
    const later = withUsability(withWorkers(first, { at: at(70), refusal }), {
      lastSolveAt: null,
      demand: true,
      now: at(90),
    })
    expect(later.unusableSince).toBe(at(0))
    expect(canTakeOver(later, 1)).toBe(false)
  })
})
