import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { afterObservation } from '../../../functions/core/admission/breaker/breaker.ts'
import {
  type BreakerSettings,
  CLOSED,
  halfOpened,
  leased,
  opened,
  released,
} from '../../../functions/core/admission/breaker/breaker-periods.ts'
import type { Breaker, Operation } from '../../../functions/core/admission/breaker/breaker-state.ts'
import type { FailureClass } from '../../../functions/core/provider/error-class.ts'
import type { Observation } from '../../../functions/core/provider/observation.ts'

const T = Date.UTC(2026, 10, 21, 12)
const SETTINGS: BreakerSettings = {
  breakerFailures: 5,
  breakerSpanSeconds: 15,
  breakerFirstOpenSeconds: 10,
  breakerOpenSeconds: 60,
  breakerSuccesses: 3,
}
const P = 'captchaai'
const ok = (second: number, operation: Operation = 'submit'): Observation => ({
  provider: P,
  operation,
  answer: { kind: 'ok' },
  at: T + second * 1000,
})
const failed = (second: number, of: FailureClass = 'transient', operation: Operation = 'submit'): Observation => ({
  provider: P,
  operation,
  answer: { kind: 'failure', class: of, code: 'HTTP_502' },
  at: T + second * 1000,
})
const blocked = (second: number, seconds: number, operation: Operation = 'submit'): Observation => ({
  provider: P,
  operation,
  answer: { kind: 'failure', class: 'blocked', code: 'ERROR: 1002', retryAfterSeconds: seconds },
  at: T + second * 1000,
})
const seeing = (breaker: Breaker, seen: readonly Observation[], by = 'worker'): Breaker =>
  seen.reduce((now, each) => afterObservation(now, each, by, SETTINGS), breaker)

describe('a closed breaker', () => {
  test.each([
    ['4 failures over a minute', [0, 20, 40, 60], 'closed'],
    ['5 failures in 14 s', [0, 1, 2, 3, 14], 'closed'],
    ['5 failures in 15 s', [0, 1, 2, 3, 15], 'open'],
    ['19 failures in 1 s', Array.from({ length: 19 }, (_, i) => i / 19), 'closed'],
    ['20 failures in 1 s', Array.from({ length: 20 }, (_, i) => i / 20), 'open'],
  ])('after %s in a row is as it should be', (_, seconds, state) => {
    const seen = seconds.map((second) => failed(second))
    expect(seeing(CLOSED, seen).state).toBe(state)
  })

  it('opens at the last failure that is needed, for 10 s, and says why', () => {
    const open = seeing(
      CLOSED,
      [0, 5, 10, 14, 15].map((second) => failed(second)),
    )
    expect(open).toEqual({
      state: 'open',
      since: T + 15_000,
      until: T + 25_000,
      seconds: 10,
      cause: '5 submits: HTTP_502',
      result: null,
    })
  })

  it('counts from the earliest failure, whichever is reported first', () => {
    const seen = [4, 0, 8, 12, 15]
    const open = seeing(
      CLOSED,
      seen.map((second) => failed(second)),
    )
    expect(open).toMatchObject({ state: 'open', since: T + 15_000 })
  })

  it('counts submits and polls apart, so that accepted submits do not hide failing polls', () => {
    const polls = [0, 4, 8, 12, 16].flatMap((second) => [failed(second, 'transient', 'result'), ok(second + 1)])
    expect(seeing(CLOSED, polls.slice(0, -2)).state).toBe('closed')
    expect(seeing(CLOSED, polls)).toMatchObject({ state: 'open', cause: '5 polls: HTTP_502' })
    const mixed = [0, 4, 8, 12, 16].map((second, i) => failed(second, 'transient', i % 2 === 0 ? 'submit' : 'result'))
    expect(seeing(CLOSED, mixed).state).toBe('closed')
  })

  it('begins again after a success of the same operation, and changes nothing where there was no failure', () => {
    expect(seeing(CLOSED, [0, 5, 10, 14].map((second) => failed(second)).concat(ok(14.5), failed(15)))).toMatchObject({
      state: 'closed',
      submit: { count: 1, since: T + 15_000 },
    })
    expect(seeing(CLOSED, [ok(0), ok(1, 'result')])).toBe(CLOSED)
  })

  it('takes a success that came before the first failure for no proof that the failure is over', () => {
    const one = seeing(CLOSED, [failed(10)])
    expect(seeing(one, [ok(9)])).toBe(one)
    expect(seeing(one, [ok(10)])).toMatchObject({ submit: null })
  })

  const WEIGHTS: Record<FailureClass, 'counts' | 'ends the row' | 'changes nothing'> = {
    transient: 'counts',
    uncertain: 'counts',
    blocked: 'counts',
    pending: 'ends the row',
    capacity: 'ends the row',
    task: 'ends the row',
    unsolvable: 'ends the row',
    funds: 'ends the row',
    rate: 'changes nothing',
    auth: 'changes nothing',
    unknown: 'changes nothing',
    ignore: 'changes nothing',
    deadline: 'changes nothing',
    invalid: 'changes nothing',
    spend: 'changes nothing',
    inflight: 'changes nothing',
    store: 'changes nothing',
    fault: 'changes nothing',
  }
  test.each(Object.entries(WEIGHTS))('sees a failure of class %s, which %s', (of, weight) => {
    const one = seeing(CLOSED, [failed(0)])
    const name = Object.keys(WEIGHTS).find((each): each is FailureClass => each === of)
    const next = seeing(one, [failed(1, name)])
    if (weight === 'counts') expect(next.state === 'open' || next).not.toBe(one)
    else if (weight === 'ends the row') expect(next).toMatchObject({ state: 'closed', submit: null })
    else expect(next).toBe(one)
    if (weight === 'counts' && of !== 'blocked') expect(next).toMatchObject({ submit: { count: 2 } })
  })

  it('opens at once where our address is blocked, for at least the time of the block', () => {
    expect(seeing(CLOSED, [blocked(0, 300)])).toMatchObject({ until: T + 300_000, seconds: 10, cause: 'ERROR: 1002' })
    expect(seeing(CLOSED, [blocked(0, 5)])).toMatchObject({ until: T + 10_000 })
    expect(seeing(CLOSED, [failed(0, 'blocked', 'result')])).toMatchObject({ state: 'open', until: T + 60_000 })
  })

  it('honours the time that a failing provider asks for', () => {
    const answer = { kind: 'failure', class: 'transient', code: 'HTTP_503', retryAfterSeconds: 45 } as const
    const last: Observation = { ...failed(15), answer }
    expect(seeing(CLOSED, [0, 5, 10, 14].map((second) => failed(second)).concat(last))).toMatchObject({
      until: T + 60_000,
    })
  })
})

describe('an open breaker', () => {
  const open = opened(CLOSED, { at: T, cause: 'test' }, SETTINGS)

  it('gives no lease before its period is over, and one after it', () => {
    expect(leased(open, { id: 'a', until: T + 20_000 }, T + 9_999)).toBeNull()
    expect(leased(open, { id: 'a', until: T + 28_000 }, T + 10_000)).toEqual({
      state: 'half_open',
      since: T + 10_000,
      seconds: 10,
      successes: 0,
      lease: { id: 'a', until: T + 28_000 },
      result: null,
    })
  })

  it('is not closed or prolonged by answers to requests that were sent before it opened', () => {
    expect(seeing(open, [ok(1), failed(2), failed(3, 'uncertain')])).toBe(open)
  })

  it('stays open for as long as a block that is answered meanwhile', () => {
    expect(seeing(open, [blocked(5, 300, 'result')])).toMatchObject({ state: 'open', until: T + 305_000 })
    expect(seeing(open, [blocked(5, 1, 'result')])).toMatchObject({ until: T + 10_000 })
  })

  it('becomes half-open when an account call is answered, whatever is left of its period', () => {
    expect(leased(halfOpened(open, T + 3000), { id: 'a', until: T + 20_000 }, T + 3000)).toMatchObject({
      lease: { id: 'a' },
    })
  })

  it('doubles its period with each failed probe, up to the longest', () => {
    let breaker: Breaker = open
    const seconds = [10]
    for (let n = 1; n <= 4; n += 1) {
      const at = n * 100
      const probing = leased(breaker, { id: 'p', until: T + at * 1000 + 18_000 }, T + at * 1000)
      breaker = seeing(probing ?? CLOSED, [failed(at, 'uncertain')], 'p')
      if (breaker.state === 'open') seconds.push(breaker.seconds)
    }
    expect(seconds).toEqual([10, 20, 40, 60, 60])
  })
})

describe('a half-open breaker', () => {
  const halfOpen = halfOpened(opened(CLOSED, { at: T, cause: 'test' }, SETTINGS), T + 10_000)
  const held = leased(halfOpen, { id: 'a', until: T + 28_000 }, T + 10_000) ?? halfOpen

  it('gives its lease to nobody else until the lease is over', () => {
    expect(leased(held, { id: 'b', until: T + 40_000 }, T + 27_999)).toBeNull()
    expect(leased(held, { id: 'b', until: T + 46_000 }, T + 28_000)).toMatchObject({ lease: { id: 'b' } })
  })

  it('counts the answer of the holder only, once', () => {
    expect(seeing(held, [ok(11)], 'b')).toBe(held)
    expect(seeing(held, [failed(11)], 'b')).toBe(held)
    expect(seeing(held, [ok(11), ok(12)], 'a')).toMatchObject({ state: 'half_open', successes: 1, lease: null })
  })

  it('is closed by three good probes, and then the ramp begins', () => {
    let breaker: Breaker = halfOpen
    for (const second of [11, 12, 13])
      breaker = seeing(leased(breaker, { id: 'a', until: T + 60_000 }, T + 11_000) ?? CLOSED, [ok(second)], 'a')
    expect(breaker).toEqual({ state: 'closed', submit: null, result: null, rampSince: T + 13_000, seconds: 10 })
  })

  it('goes on doubling where it opens again soon after it closed, and begins anew after a minute', () => {
    const closed: Breaker = { ...CLOSED, rampSince: T, seconds: 20 }
    const again = (second: number) => opened(closed, { at: T + second * 1000, cause: 'again' }, SETTINGS)
    expect([59, 60].map((second) => again(second).seconds)).toEqual([40, 10])
  })

  it('frees the lease after an answer that says nothing, and at the end of the invocation that holds it', () => {
    expect(seeing(held, [failed(11, 'rate')], 'a')).toEqual(halfOpen)
    expect(released(held, 'a')).toEqual(halfOpen)
    expect(released(held, 'b')).toBe(held)
  })

  it('opened while polls fail may be probed as soon as one is answered, and waits its period where polls never failed', () => {
    const polls = [11, 15, 19, 23, 26].map((second) => failed(second, 'transient', 'result'))
    const open = seeing(seeing(held, polls, 'c'), [ok(27)], 'a')
    expect(seeing(open, [ok(29, 'result')], 'd')).toMatchObject({ state: 'open', until: T + 29_000, result: null })
    const bySubmits = opened(CLOSED, { at: T, cause: '5 submits: HTTP_502' }, SETTINGS)
    expect(seeing(bySubmits, [ok(2, 'result')], 'd')).toMatchObject({ until: T + 10_000 })
  })

  it('that was blocked for a time is not probed before, whatever polls say', () => {
    const polls = [1, 2, 3, 4, 5].map((second) => failed(second, 'transient', 'result'))
    const asked = seeing(seeing(CLOSED, polls), [blocked(6, 300)])
    expect(seeing(asked, [ok(9, 'result')])).toMatchObject({ state: 'open', until: T + 306_000 })
  })

  it('is opened again by a good probe while polls still fail, and closes once a poll is answered', () => {
    const polls = [11, 15, 19, 23, 26].map((second) => failed(second, 'transient', 'result'))
    const failing = seeing(held, polls, 'c')
    expect(failing).toMatchObject({ state: 'half_open', result: { count: 5 } })
    const open = seeing(failing, [ok(27)], 'a')
    expect(open).toMatchObject({ state: 'open', cause: 'polls still fail', until: T + 47_000, seconds: 20 })
    const answered = seeing(open, [ok(40, 'result')], 'd')
    expect(seeing(leased(answered, { id: 'a', until: T + 70_000 }, T + 47_000) ?? CLOSED, [ok(48)], 'a')).toMatchObject(
      {
        state: 'half_open',
        successes: 1,
      },
    )
  })

  it('that good probes close while polls fail, though not often enough yet, goes on counting them', () => {
    const polls = [11, 15, 19, 23].map((second) => failed(second, 'transient', 'result'))
    const closed = seeing(seeing({ ...held, successes: 2 }, polls, 'c'), [ok(24)], 'a')
    expect(closed).toMatchObject({ state: 'closed', result: { count: 4, since: T + 11_000 } })
    expect(seeing(closed, [failed(27, 'transient', 'result')]).state).toBe('open')
  })
})

/** One step of a fleet: an answer, a request for the lease, or the end of an invocation; each by one of three workers. */
const anyStep = fc.record({
  by: fc.constantFrom('a', 'b', 'c'),
  wait: fc.nat(12_000),
  what: fc.constantFrom('ok', 'transient', 'uncertain', 'blocked', 'rate', 'poll', 'poll fails', 'lease', 'end'),
})

it('whatever the interleaving, there is one lease at most, only its holder ends half-open, open means no lease, and only a poll that is answered after five that were not ends it before ten seconds', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 120 }), (steps) => {
      let breaker: Breaker = CLOSED
      let now = T
      let endedByPoll: number | null = null
      for (const { by, wait, what } of steps) {
        now += wait
        const before: Breaker = breaker
        if (what === 'lease') {
          const granted = leased(before, { id: by, until: now + 18_000 }, now)
          const wasFree = before.state === 'half_open' && (before.lease === null || before.lease.until <= now)
          const isOver = before.state === 'open' && before.until <= now
          expect(granted !== null).toBe(wasFree || isOver)
          breaker = granted ?? before
          continue
        }
        if (what === 'end') breaker = released(before, by)
        else breaker = afterObservation(before, observed(what, now), by, SETTINGS)
        if (before.state === 'open') expect(breaker.state).toBe('open')
        if (before.state === 'half_open' && what !== 'blocked' && before.lease?.id !== by)
          expect(breaker).toMatchObject({ state: 'half_open', lease: before.lease, successes: before.successes })
        if (breaker.state === 'half_open') expect(breaker.successes).toBeLessThan(SETTINGS.breakerSuccesses)
        if (before.state === 'open' && breaker.state === 'open' && breaker.until < before.until) {
          expect([what, breaker.until]).toEqual(['poll', now])
          expect(before.result?.count).toBeGreaterThanOrEqual(SETTINGS.breakerFailures)
          endedByPoll = breaker.since
        }
        if (breaker.state === 'open' && breaker.since !== endedByPoll)
          expect(breaker.until - breaker.since).toBeGreaterThanOrEqual(10_000)
      }
    }),
    { numRuns: 2000 },
  )
})

function observed(what: string, at: number): Observation {
  const operation = what.startsWith('poll') ? 'result' : 'submit'
  const base = { provider: P, operation, at } as const
  if (what === 'ok' || what === 'poll') return { ...base, answer: { kind: 'ok' } }
  const of = what === 'uncertain' || what === 'blocked' || what === 'rate' ? what : 'transient'
  return { ...base, answer: { kind: 'failure', class: of, code: 'CODE' } }
}
