import { describe, expect, it } from 'vitest'
import { afterObservation } from '../../../functions/core/admission/breaker/breaker.ts'
import { breakerAfterSweep } from '../../../functions/core/admission/breaker/breaker-after-sweep.ts'
import { leased } from '../../../functions/core/admission/breaker/breaker-periods.ts'
import type { Breaker, Failures, Operation } from '../../../functions/core/admission/breaker/breaker-state.ts'
import type { Observation } from '../../../functions/core/provider/observation.ts'
import { NOON } from '../../../sim/memory/clock.ts'

/** Odd numbers, so that no two of them can be taken for each other. */
const SETTINGS = {
  breakerFailures: 3,
  breakerSpanSeconds: 11,
  breakerFirstOpenSeconds: 7,
  breakerOpenSeconds: 40,
  breakerSuccesses: 3,
}
const at = (second: number): number => NOON + second * 1000
const since = (second: number, count: number): Failures => ({ count, since: at(second) })

const BREAKERS = {
  fresh: { state: 'closed', submit: null, result: null, rampSince: null },
  failing: { state: 'closed', submit: since(-9, 2), result: since(-30, 2), rampSince: at(-33), seconds: 14 },
  open: { state: 'open', since: at(-3), until: at(11), seconds: 14, cause: 'X', result: since(-20, 2) },
  unpolled: { state: 'open', since: at(-3), until: at(11), seconds: 14, cause: 'X', result: since(-20, 3) },
  ended: { state: 'open', since: at(-17), until: at(-3), seconds: 14, cause: 'X', result: since(-20, 3) },
  asked: { state: 'open', since: at(-3), until: at(300), seconds: 14, cause: 'X', result: since(-20, 3) },
  free: { state: 'half_open', since: at(-6), seconds: 14, successes: 1, lease: null, result: since(-5, 1) },
  ours: {
    ...{ state: 'half_open', since: at(-6), seconds: 14, successes: 2, result: since(-5, 1) },
    lease: { id: 'us', until: at(12) },
  },
  unproven: {
    ...{ state: 'half_open', since: at(-6), seconds: 14, successes: 0, result: since(-20, 3) },
    lease: { id: 'us', until: at(12) },
  },
} as const satisfies Record<string, Breaker>
type Name = keyof typeof BREAKERS

const told = (breaker: Breaker): string => {
  const time = (ms: number) => (ms - NOON) / 1000
  const row = (name: string, failures?: Failures | null) =>
    failures ? `, ${failures.count} ${name} from ${time(failures.since)}` : ''
  switch (breaker.state) {
    case 'closed': {
      const ramp = breaker.rampSince === null ? '' : `, ramp from ${time(breaker.rampSince)} after ${breaker.seconds} s`
      return `closed${row('submits', breaker.submit)}${row('polls', breaker.result)}${ramp}`
    }
    case 'open': {
      const { since, until, seconds, cause, result } = breaker
      return `open ${time(since)} to ${time(until)}, ${seconds} s, ${cause}${row('polls', result)}`
    }
    case 'half_open': {
      const { since, seconds, successes, lease, result } = breaker
      const holder = lease === null ? '' : `, ${lease.id} until ${time(lease.until)}`
      return `half-open ${time(since)} after ${seconds} s, ${successes} good${holder}${row('polls', result)}`
    }
  }
}

const OK = { kind: 'ok' } as const
const answered = (operation: Operation, answer: Observation['answer']) => ({ provider: 'captchaai', operation, answer })
const failure = (kind: 'transient' | 'blocked' | 'rate', code: string, retryAfterSeconds?: number) =>
  ({ kind: 'failure', class: kind, code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) }) as const

const ANSWERS = {
  'a submit is accepted': answered('submit', OK),
  'a submit fails': answered('submit', failure('transient', 'HTTP_502')),
  'a submit fails and asks for 90 s': answered('submit', failure('transient', 'HTTP_503', 90)),
  'a submit is refused for its rate': answered('submit', failure('rate', 'HTTP_429', 90)),
  'a submit is blocked': answered('submit', failure('blocked', 'IP_BANNED')),
  'a submit is blocked for 2 s': answered('submit', failure('blocked', 'ERROR: 1003', 2)),
  'a poll is answered': answered('result', OK),
  'a poll fails': answered('result', failure('transient', 'TIMEOUT')),
  'a poll fails and asks for 90 s': answered('result', failure('transient', 'HTTP_503', 90)),
  'a poll is blocked for 90 s': answered('result', failure('blocked', 'IP_BANNED', 90)),
}

/** What each answer makes of the breaker, where it makes anything of it; where it matters whose answer it was, of each. */
function afterAnswers(name: Name, second = 5): Record<string, string> {
  const breaker: Breaker = BREAKERS[name]
  const rows = Object.entries(ANSWERS).flatMap(([what, answer]) => {
    const after = (by: string) => {
      const next = afterObservation(breaker, { ...answer, at: at(second) }, by, SETTINGS)
      return next === breaker ? 'the same' : told(next)
    }
    const [ours, theirs] = [after('us'), after('them')]
    if (ours === theirs) return [[what, ours]]
    return [
      [`${what}, to us`, ours],
      [`${what}, to them`, theirs],
    ]
  })
  return Object.fromEntries(rows.filter(([, told]) => told !== 'the same'))
}

describe('what one answer at second 5 makes of a breaker', () => {
  it('that is closed and has seen no failure: one failure is counted, and only a block opens it', () => {
    expect(afterAnswers('fresh')).toEqual({
      'a submit fails': 'closed, 1 submits from 5',
      'a submit fails and asks for 90 s': 'closed, 1 submits from 5',
      'a submit is blocked': 'open 5 to 65, 7 s, IP_BANNED',
      'a submit is blocked for 2 s': 'open 5 to 12, 7 s, ERROR: 1003',
      'a poll fails': 'closed, 1 polls from 5',
      'a poll fails and asks for 90 s': 'closed, 1 polls from 5',
      'a poll is blocked for 90 s': 'open 5 to 95, 7 s, IP_BANNED, 1 polls from 5',
    })
  })

  it('that is one failure away from opening, and closed lately: either row opens it for twice as long as before, and says which', () => {
    expect(afterAnswers('failing')).toEqual({
      'a submit is accepted': 'closed, 2 polls from -30, ramp from -33 after 14 s',
      'a submit fails': 'open 5 to 33, 28 s, 3 submits: HTTP_502, 2 polls from -30',
      'a submit fails and asks for 90 s': 'open 5 to 95, 28 s, 3 submits: HTTP_503, 2 polls from -30',
      'a submit is blocked': 'open 5 to 65, 28 s, IP_BANNED, 2 polls from -30',
      'a submit is blocked for 2 s': 'open 5 to 33, 28 s, ERROR: 1003, 2 polls from -30',
      'a poll is answered': 'closed, 2 submits from -9, ramp from -33 after 14 s',
      'a poll fails': 'open 5 to 33, 28 s, 3 polls: TIMEOUT, 3 polls from -30',
      'a poll fails and asks for 90 s': 'open 5 to 95, 28 s, 3 polls: HTTP_503, 3 polls from -30',
      'a poll is blocked for 90 s': 'open 5 to 95, 28 s, IP_BANNED, 3 polls from -30',
    })
  })

  it('that is open: submits say nothing, polls go on counting, and only a block makes its period longer', () => {
    expect(afterAnswers('open')).toEqual({
      'a submit is blocked': 'open -3 to 65, 14 s, X, 2 polls from -20',
      'a poll is answered': 'open -3 to 11, 14 s, X',
      'a poll fails': 'open -3 to 11, 14 s, X, 3 polls from -20',
      'a poll fails and asks for 90 s': 'open -3 to 11, 14 s, X, 3 polls from -20',
      'a poll is blocked for 90 s': 'open -3 to 95, 14 s, X, 3 polls from -20',
    })
  })

  it('that is open and whose polls have failed often enough: the first that is answered ends its period', () => {
    expect(afterAnswers('unpolled')).toEqual({
      'a submit is blocked': 'open -3 to 65, 14 s, X, 3 polls from -20',
      'a poll is answered': 'open -3 to 5, 14 s, X',
      'a poll fails': 'open -3 to 11, 14 s, X, 4 polls from -20',
      'a poll fails and asks for 90 s': 'open -3 to 11, 14 s, X, 4 polls from -20',
      'a poll is blocked for 90 s': 'open -3 to 95, 14 s, X, 4 polls from -20',
    })
  })

  it('whose open period is over: a poll that is answered does not begin it anew, and a block does', () => {
    expect(afterAnswers('ended')).toEqual({
      'a submit is blocked': 'open -17 to 65, 14 s, X, 3 polls from -20',
      'a submit is blocked for 2 s': 'open -17 to 7, 14 s, X, 3 polls from -20',
      'a poll is answered': 'open -17 to -3, 14 s, X',
      'a poll fails': 'open -17 to -3, 14 s, X, 4 polls from -20',
      'a poll fails and asks for 90 s': 'open -17 to -3, 14 s, X, 4 polls from -20',
      'a poll is blocked for 90 s': 'open -17 to 95, 14 s, X, 4 polls from -20',
    })
  })

  it('that is open for as long as the provider asked for: no poll makes that shorter, and no shorter block longer', () => {
    expect(afterAnswers('asked')).toEqual({
      'a poll is answered': 'open -3 to 300, 14 s, X',
      'a poll fails': 'open -3 to 300, 14 s, X, 4 polls from -20',
      'a poll fails and asks for 90 s': 'open -3 to 300, 14 s, X, 4 polls from -20',
      'a poll is blocked for 90 s': 'open -3 to 300, 14 s, X, 4 polls from -20',
    })
  })

  it('that is half-open while nobody probes: submits say nothing, and a block opens it again', () => {
    expect(afterAnswers('free')).toEqual({
      'a submit is blocked': 'open 5 to 65, 28 s, IP_BANNED, 1 polls from -5',
      'a submit is blocked for 2 s': 'open 5 to 33, 28 s, ERROR: 1003, 1 polls from -5',
      'a poll is answered': 'half-open -6 after 14 s, 1 good',
      'a poll fails': 'half-open -6 after 14 s, 1 good, 2 polls from -5',
      'a poll fails and asks for 90 s': 'half-open -6 after 14 s, 1 good, 2 polls from -5',
      'a poll is blocked for 90 s': 'open 5 to 95, 28 s, IP_BANNED, 2 polls from -5',
    })
  })

  it('that is half-open and lacks one good probe: only the answer to the one who holds the lease counts', () => {
    expect(afterAnswers('ours')).toEqual({
      'a submit is accepted, to us': 'closed, 1 polls from -5, ramp from 5 after 14 s',
      'a submit fails, to us': 'open 5 to 33, 28 s, probe: HTTP_502, 1 polls from -5',
      'a submit fails and asks for 90 s, to us': 'open 5 to 95, 28 s, probe: HTTP_503, 1 polls from -5',
      'a submit is refused for its rate, to us': 'half-open -6 after 14 s, 2 good, 1 polls from -5',
      'a submit is blocked': 'open 5 to 65, 28 s, IP_BANNED, 1 polls from -5',
      'a submit is blocked for 2 s': 'open 5 to 33, 28 s, ERROR: 1003, 1 polls from -5',
      'a poll is answered': 'half-open -6 after 14 s, 2 good, us until 12',
      'a poll fails': 'half-open -6 after 14 s, 2 good, us until 12, 2 polls from -5',
      'a poll fails and asks for 90 s': 'half-open -6 after 14 s, 2 good, us until 12, 2 polls from -5',
      'a poll is blocked for 90 s': 'open 5 to 95, 28 s, IP_BANNED, 2 polls from -5',
    })
  })

  it('that is half-open while polls still fail: a good probe opens it again', () => {
    expect(afterAnswers('unproven')).toEqual({
      'a submit is accepted, to us': 'open 5 to 33, 28 s, polls still fail, 3 polls from -20',
      'a submit fails, to us': 'open 5 to 33, 28 s, probe: HTTP_502, 3 polls from -20',
      'a submit fails and asks for 90 s, to us': 'open 5 to 95, 28 s, probe: HTTP_503, 3 polls from -20',
      'a submit is refused for its rate, to us': 'half-open -6 after 14 s, 0 good, 3 polls from -20',
      'a submit is blocked': 'open 5 to 65, 28 s, IP_BANNED, 3 polls from -20',
      'a submit is blocked for 2 s': 'open 5 to 33, 28 s, ERROR: 1003, 3 polls from -20',
      'a poll is answered': 'half-open -6 after 14 s, 0 good, us until 12',
      'a poll fails': 'half-open -6 after 14 s, 0 good, us until 12, 4 polls from -20',
      'a poll fails and asks for 90 s': 'half-open -6 after 14 s, 0 good, us until 12, 4 polls from -20',
      'a poll is blocked for 90 s': 'open 5 to 95, 28 s, IP_BANNED, 4 polls from -20',
    })
  })
})

it('twelve failures open it at once where three are needed, and eleven do not; no period is longer than the longest', () => {
  const failures = (count: number, settings = SETTINGS) =>
    Array.from({ length: count }).reduce<Breaker>(
      (breaker, _, n) => afterObservation(breaker, { ...ANSWERS['a submit fails'], at: at(n / 100) }, 'us', settings),
      BREAKERS.fresh,
    )
  expect([11, 12].map((count) => told(failures(count)))).toEqual([
    'closed, 11 submits from 0',
    'open 0.11 to 7.11, 7 s, 12 submits: HTTP_502',
  ])
  expect(told(failures(12, { ...SETTINGS, breakerFirstOpenSeconds: 50 }))).toContain('open 0.11 to 40.11, 40 s')
})

describe('an answer that is reported late', () => {
  it('ends a row of failures only from the first of them on, and moves the beginning of a row to where it began', () => {
    expect(afterAnswers('failing', -10)).toEqual({
      'a submit fails': 'closed, 3 submits from -10, 2 polls from -30, ramp from -33 after 14 s',
      'a submit fails and asks for 90 s': 'closed, 3 submits from -10, 2 polls from -30, ramp from -33 after 14 s',
      'a submit is blocked': 'open -10 to 50, 28 s, IP_BANNED, 2 polls from -30',
      'a submit is blocked for 2 s': 'open -10 to 18, 28 s, ERROR: 1003, 2 polls from -30',
      'a poll is answered': 'closed, 2 submits from -9, ramp from -33 after 14 s',
      'a poll fails': 'open -10 to 18, 28 s, 3 polls: TIMEOUT, 3 polls from -30',
      'a poll fails and asks for 90 s': 'open -10 to 80, 28 s, 3 polls: HTTP_503, 3 polls from -30',
      'a poll is blocked for 90 s': 'open -10 to 80, 28 s, IP_BANNED, 3 polls from -30',
    })
  })

  it('came after the end of an open period: the period is not longer for it', () => {
    expect(afterAnswers('unpolled', 20)).toMatchObject({ 'a poll is answered': 'open -3 to 11, 14 s, X' })
  })
})

describe('what a sweep at second 5 makes of a breaker', () => {
  const CALLS = {
    'the account is back': { answered: true, isBack: true },
    'the account answered': { answered: true, isBack: false },
    'the account did not answer': { answered: false, isBack: false },
    'no call was made': { answered: null, isBack: false },
  }
  const afterSweeps = (name: Name, submits = { sent: 0, failed: 0, slow: 0 }) => {
    const breaker: Breaker = BREAKERS[name]
    const rows = Object.entries(CALLS).flatMap(([what, call]) =>
      [true, false].map((demand) => {
        const next = breakerAfterSweep(breaker, { ...call, submits, demand }, at(5), SETTINGS)
        return [`${what}${demand ? '' : ', nobody asks'}`, next === breaker ? 'the same' : told(next)]
      }),
    )
    return Object.fromEntries(rows.filter(([, told]) => told !== 'the same'))
  }

  it.each<Name>(['fresh', 'failing', 'asked'])(
    'leaves the breaker "%s" as it is: closed, or open for as long as the provider asked for',
    (name) => {
      expect(afterSweeps(name)).toEqual({})
    },
  )

  it('that is open: an account that is back ends its period, and old failures of polls with it', () => {
    expect(afterSweeps('open')).toEqual({
      'the account is back': 'half-open 5 after 14 s, 0 good',
      'the account is back, nobody asks': 'half-open 5 after 14 s, 1 good',
    })
  })

  it('that is open and whose polls have failed: the same', () => {
    expect(afterSweeps('unpolled')).toEqual({
      'the account is back': 'half-open 5 after 14 s, 0 good',
      'the account is back, nobody asks': 'half-open 5 after 14 s, 1 good',
    })
  })

  it('whose open period is over: any answer of the account lets a probe go, and what polls say stays known', () => {
    expect(afterSweeps('ended')).toEqual({
      'the account is back': 'half-open 5 after 14 s, 0 good',
      'the account is back, nobody asks': 'half-open 5 after 14 s, 1 good',
      'the account answered': 'half-open 5 after 14 s, 0 good, 3 polls from -20',
      'the account answered, nobody asks': 'half-open 5 after 14 s, 0 good, 3 polls from -20',
    })
  })

  it('that is half-open: an answer counts as a probe while nobody asks', () => {
    expect(afterSweeps('free')).toEqual({
      'the account is back, nobody asks': 'half-open -6 after 14 s, 2 good, 1 polls from -5',
      'the account answered, nobody asks': 'half-open -6 after 14 s, 2 good, 1 polls from -5',
    })
  })

  it('that is half-open and lacks one good probe: it closes while nobody asks, and what polls said is over', () => {
    expect(afterSweeps('ours')).toEqual({
      'the account is back, nobody asks': 'closed, ramp from 5 after 14 s',
      'the account answered, nobody asks': 'closed, ramp from 5 after 14 s',
    })
  })

  it('that is half-open with a probe under way: the lease stays, and so does what polls say', () => {
    expect(afterSweeps('unproven')).toEqual({
      'the account is back, nobody asks': 'half-open -6 after 14 s, 1 good, us until 12, 3 polls from -20',
      'the account answered, nobody asks': 'half-open -6 after 14 s, 1 good, us until 12, 3 polls from -20',
    })
  })

  it.each<[{ sent: number; failed: number; slow: number }, string | null]>([
    [{ sent: 20, failed: 10, slow: 16 }, '10 of 20 submits failed'],
    [{ sent: 21, failed: 10, slow: 16 }, null],
    [{ sent: 20, failed: 9, slow: 16 }, '16 of 20 submits were slow'],
    [{ sent: 20, failed: 9, slow: 15 }, null],
    [{ sent: 19, failed: 19, slow: 19 }, null],
  ])(
    'opens one that is closed by its share of failed or of slow submits, never by their sum: %o: %s',
    (submits, cause) => {
      const told = (opened: string) => (cause === null ? [] : [opened.replace('CAUSE', cause)])
      const unique = (name: Name) => [...new Set(Object.values(afterSweeps(name, submits)))]
      expect(unique('fresh')).toEqual(told('open 5 to 12, 7 s, CAUSE'))
      // It closed less than 40 s ago, so its next period is twice the last one; the polls go on counting.
      expect(unique('failing')).toEqual(told('open 5 to 33, 28 s, CAUSE, 2 polls from -30'))
    },
  )
})

describe('a lease until second 25, asked for at second 5', () => {
  it.each<[Name, string | null]>([
    ['fresh', null],
    ['failing', null],
    ['open', null],
    ['unpolled', null],
    ['ended', 'half-open 5 after 14 s, 0 good, me until 25, 3 polls from -20'],
    ['asked', null],
    ['free', 'half-open -6 after 14 s, 1 good, me until 25, 1 polls from -5'],
    ['ours', null],
    ['unproven', null],
  ])('on the breaker "%s": %s', (name, expected) => {
    const breaker = leased(BREAKERS[name], { id: 'me', until: at(25) }, at(5))
    expect(breaker === null ? null : told(breaker)).toBe(expected)
  })

  it('is given where the one before it ended this moment, and what was found before it stays', () => {
    const breaker = leased(BREAKERS.ours, { id: 'me', until: at(32) }, at(12))
    expect(breaker === null ? null : told(breaker)).toBe(
      'half-open -6 after 14 s, 2 good, me until 32, 1 polls from -5',
    )
  })
})
