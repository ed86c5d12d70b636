import { describe, expect, it } from 'vitest'
import { applyAccountCall } from '../../../functions/core/evidence/account-call.ts'
import {
  fundsRefusalOf,
  initialFacts,
  isBelow,
  isLow,
  keyRefusalOf,
  type ProviderFacts,
} from '../../../functions/core/evidence/provider-facts.ts'
import { canTakeOver, unusableSecondsOf, withUsability } from '../../../functions/core/evidence/usability.ts'
import type { ErrorClass } from '../../../functions/core/provider/error-class.ts'
import { NOON, paidByBalance, provider, SECOND } from '../../build/evidence.ts'

const at = (seconds: number) => NOON + seconds * SECOND
const failing = (name: ErrorClass, code = 'CODE') => {
  const failed = { kind: 'failed', failure: { class: name, code, message: '' } } as const
  return { balance: { ...failed, ms: 900 }, threads: failed }
}

describe('an account call that fails', () => {
  it.each<[ErrorClass, string, boolean, boolean]>([
    ['transient', 'TIMEOUT', true, true],
    ['blocked', 'IP_BANNED', true, true],
    ['uncertain', 'CUT', true, true],
    ['rate', 'MAX_USER_TURN', false, false],
    ['funds', 'ERROR_ZERO_BALANCE', false, false],
    ['auth', 'SECRET_UNREADABLE', false, true],
  ])(
    'by class %s, code %s, is lost in transport: %s, and leaves a refused key refused: %s',
    (name, code, isLost, stays) => {
      const before = provider({ lostCalls: 1, lostSince: at(-60), keyRefused: true })
      expect(applyAccountCall(before, failing(name, code), NOON)).toEqual({
        ...before,
        ...{ checkedAt: NOON, responseMs: 900, error: { class: name, code }, keyRefused: stays },
        ...(isLost ? { lostCalls: 2, lostSince: at(-60) } : { lostCalls: 0, lostSince: null }),
      })
    },
  )

  it.each<[ErrorClass, string, boolean]>([
    ['auth', 'ERROR_WRONG_USER_KEY', true],
    ['auth', 'SECRET_UNREADABLE', false],
    ['transient', 'TIMEOUT', false],
    ['funds', 'ERROR_ZERO_BALANCE', false],
  ])('by class %s, code %s, refuses a good key: %s', (name, code, keyRefused) => {
    expect(applyAccountCall(provider(), failing(name, code), NOON)).toMatchObject({ keyRefused })
  })
})

it('a provider that has no plan any more has no threads, and one whose threads cannot be read keeps the old ones', () => {
  const balance = { kind: 'balance', value: 9, ms: 5 } as const
  const threads = (answer: Parameters<typeof applyAccountCall>[1]['threads']) =>
    applyAccountCall(provider({ threads: { total: 10, free: 8 } }), { balance, threads: answer }, NOON).threads
  expect(threads({ kind: 'none' })).toBeNull()
  expect(threads({ kind: 'threads', total: 4, free: 1 })).toEqual({ total: 4, free: 1 })
  expect(threads({ kind: 'failed', failure: { class: 'rate', code: 'X', message: '' } })).toEqual({
    total: 10,
    free: 8,
  })
})

describe('a refusal that workers met', () => {
  const refused = (name: 'auth' | 'funds', code: string) =>
    provider({ workersRefused: { at: NOON, class: name, code } })
  it.each([
    ['is one of the key', refused('auth', 'BAD_KEY'), 'BAD_KEY', null],
    ['is one of money', refused('funds', 'NO_MONEY'), null, 'NO_MONEY'],
    ['is neither where the secret cannot be read', refused('auth', 'SECRET_UNREADABLE'), null, null],
    ['is neither where there was none', provider(), null, null],
  ])('%s', (_, facts, key, funds) => {
    expect([keyRefusalOf(facts), fundsRefusalOf(facts)]).toEqual([key, funds])
  })
})

describe('a provider is unusable', () => {
  const since = (facts: Partial<ProviderFacts>, isAsked = true) =>
    withUsability(provider(facts), { lastSolveAt: null, demand: isAsked, now: at(9) }).unusableSince
  const open = { state: 'open', since: at(-30), cause: 'X', isProven: false } as const
  const workersRefused = { at: at(-20), class: 'auth', code: 'BAD_KEY' } as const
  it.each<[string, Partial<ProviderFacts>, number | null]>([
    ['since the account call that found it, where nothing else says more', { keyRefused: true }, NOON],
    ['since now, where nobody has called', { keyRefused: true, checkedAt: null }, at(9)],
    ['since a worker was refused', { keyRefused: true, workersRefused }, at(-20)],
    ['since its breaker opened, whatever else there is', { breaker: open, workersRefused }, at(-30)],
    ['since it was found so first', { keyRefused: true, unusableSince: at(-99) }, at(-99)],
    ['no longer, once nothing says so', { unusableSince: at(-99) }, null],
    ['without money', { billing: 'balance', balance: 0 }, NOON],
    ['with debts', { billing: 'balance', balance: -1 }, NOON],
    ['not with some money', { billing: 'balance', balance: 0.01 }, null],
    ['not where the money was never read', { billing: 'balance', balance: null }, null],
    ['by three lost calls', { lostCalls: 3, lostSince: at(-60) }, NOON],
    ['not by two', { lostCalls: 2, lostSince: at(-60) }, null],
    ['while its secret cannot be read', { error: { class: 'auth', code: 'SECRET_UNREADABLE' } }, NOON],
    ['not by any other error', { error: { class: 'rate', code: 'MAX_USER_TURN' } }, null],
  ])('%s: %o', (_, facts, expected) => {
    expect(since(facts)).toBe(expected)
  })
})

it.each<[string, (number | null)[], number]>([
  ['there is none', [], 0],
  ['one is usable', [at(-60), null], 0],
  ['none is, since the last of them went', [at(-60), at(-20)], 20],
])('no provider has been usable for so many seconds, where %s: %o → %i', (_, sinces, seconds) => {
  const providers = sinces.map((unusableSince) => provider({ unusableSince }))
  expect(unusableSecondsOf({ providers, ranAt: NOON })).toBe(seconds)
})

describe('a balance', () => {
  it.each<[number | null, number | null, boolean]>([
    [0.99, null, true],
    [1, null, false],
    [4.99, 5, true],
    [5, 5, false],
    [0.5, 0.5, false],
    [null, 5, false],
  ])('of %d with a least of %s is below it: %s', (balance, least, isIt) => {
    expect(isBelow(paidByBalance({ balance }), least)).toBe(isIt)
    expect(isLow(paidByBalance({ balance }), least)).toBe(isIt)
    expect(isLow(provider({ balance }), least)).toBe(isIt && least !== null)
  })
})

it.each<[string, Partial<ProviderFacts>, boolean]>([
  ['a plan without threads', { threads: { total: 0, free: 0 } }, false],
  ['a plan with one thread, which is busy', { threads: { total: 1, free: 0 } }, true],
  ['a plan whose threads nobody has read', { threads: null }, true],
  ['an account that pays by task and names no threads', { billing: 'balance', threads: { total: 0, free: 0 } }, true],
])('%s: %o can take over: %s', (_, facts, canIt) => {
  expect(canTakeOver(provider(facts), null)).toBe(canIt)
})

it('of a provider that nobody has asked nothing is known, and nothing stands against it', () => {
  expect(withUsability(initialFacts('captchaai', 'balance'), { lastSolveAt: null, demand: true, now: NOON })).toEqual(
    initialFacts('captchaai', 'balance'),
  )
})
