import { describe, expect, it } from 'vitest'
import type { Control } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../../functions/core/admission/item/initial.ts'
import {
  lineEnd,
  type Pace,
  paceOf,
  type Seeker,
  takeTurns,
  turnsFrom,
} from '../../../functions/core/admission/waits/turns.ts'
import { NOON } from '../../../sim/memory/clock.ts'

const SECOND = 1000
const fleet = initialAdmission(['captchaai'])
const control = (changes: Partial<Control>, threads: number | null = null): Control => ({
  ...fleet.control,
  providers: { captchaai: { ...initialProvider, threads } },
  ...changes,
})
const seeker = (changes: Partial<Seeker> = {}): Seeker => ({
  priority: 'normal',
  parks: 0,
  usefulMs: 3600 * SECOND,
  fraction: 0.5,
  ...changes,
})
const seekers = (count: number, changes: Partial<Seeker> = {}): Seeker[] =>
  Array.from({ length: count }, () => seeker(changes))
const PACE: Pace = { spacing: 2000, longest: 900 * SECOND }
const seconds = (end: number, wanted: readonly Seeker[], pace = PACE) =>
  turnsFrom(end, wanted, pace, NOON).waits.map((wait) => wait / SECOND)
const SOON = NOON + 5 * SECOND

describe('the pace of the line', () => {
  it.each([
    ['1.5 tasks come back for each that is settled', { drainPerSecond: 1 }, null, 667, 900],
    ['eight places: the same', { drainPerSecond: 1 }, 8, 667, 900],
    ['four places: 2 tasks', { drainPerSecond: 1 }, 4, 500, 900],
    ['two places: 3 tasks', { drainPerSecond: 1 }, 2, 333, 900],
    ['one place: 5 tasks', { drainPerSecond: 1 }, 1, 200, 900],
    ['the same for a large fleet', { drainPerSecond: 50 }, null, 13, 900],
    [
      'a place waits for a minute at most, however seldom tasks are settled',
      { drainPerSecond: 0.001 },
      null,
      60_000,
      900,
    ],
    ['no solve yet: 20 s for each of the threads, and a minute at most', { drainPerSecond: null }, 4, 2500, 60],
    ['no solve yet, threads not known: the same with maxInFlight', { drainPerSecond: null }, null, 133, 60],
    ['nothing is settled: the same', { drainPerSecond: 0 }, 4, 2500, 60],
    ['a plan without threads: a task a minute', { drainPerSecond: 0 }, 0, 60_000, 60],
  ])('%s', (_, known, threads, spacing, longest) => {
    expect(paceOf(control(known, threads), 100, NOON)).toEqual({ spacing, longest: longest * SECOND })
  })
})

describe('the pace of a fleet with a backup', () => {
  it('is that of the places at the provider where new tasks go, as many as were learned there', () => {
    const learned = { limit: 2, at: NOON - 9 * SECOND, raiseAfterSeconds: 10 }
    const providers = {
      captchaai: { ...initialProvider, threads: 30 },
      twocaptcha: { ...initialProvider, threads: 8, learned },
    }
    const to = (active: string, seconds = 0, changes: Partial<Control> = {}) =>
      paceOf(
        { ...fleet.control, providers, route: { ...fleet.control.route, active }, drainPerSecond: 1, ...changes },
        100,
        NOON + seconds * SECOND,
      ).spacing
    expect([to('captchaai'), to('twocaptcha'), to('twocaptcha', 1), to('gone')]).toEqual([667, 333, 429, 667])
    const unknown = { drainPerSecond: null }
    expect([to('captchaai', 0, unknown), to('twocaptcha', 0, unknown)]).toEqual([444, 3333])
  })
})

describe('turns', () => {
  it('begin after five seconds where nobody waits, and come one after the other', () => {
    expect(lineEnd({ counts: {} }, NOON)).toBe(SOON)
    expect(lineEnd({ counts: { turnsUntil: NOON - 1 } }, NOON)).toBe(SOON)
    expect(seconds(SOON, seekers(4))).toEqual([5, 7, 9, 11])
  })

  it('go on where the line ends', () => {
    expect(lineEnd({ counts: { turnsUntil: NOON + 60_000 } }, NOON)).toBe(NOON + 60_000)
    expect(turnsFrom(NOON + 60_000, seekers(3), PACE, NOON)).toEqual({ waits: [60_000, 62_000, 64_000], taken: 3 })
  })

  it('of the more urgent come sooner, never before five seconds', () => {
    const all = (['critical', 'high', 'normal', 'low'] as const).map((priority) => seeker({ priority }))
    expect(seconds(NOON + 100_000, all)).toEqual([25, 51, 104, 212])
    expect(seconds(SOON, [seeker({ priority: 'critical' }), seeker({ priority: 'high' })])).toEqual([5, 5])
  })

  it.each([
    ['longer than SQS can delay a message', {}, 950, [5, 452.5, 891.05], [721, 810.5, 898.21]],
    ['longer than the task has', { usefulMs: 105_000 }, 200, [5, 55, 104], [55, 80, 104.5]],
  ])(
    'where the line is %s: at any moment of the time that is left, then late in it, and no turn is taken',
    (_, changes, end, first, again) => {
      const at = (parks: number) =>
        [0, 0.5, 0.99].map((fraction) => {
          const { waits, taken } = turnsFrom(NOON + end * SECOND, [seeker({ ...changes, parks, fraction })], PACE, NOON)
          expect(taken).toBe(0)
          return Number(((waits[0] ?? 0) / SECOND).toFixed(2))
        })
      expect(at(0)).toEqual(first)
      expect(at(1)).toEqual(again)
      expect(at(3)).toEqual(again)
    },
  )

  it('a task whose time is over before its turn waits for its deadline, once', () => {
    expect(seconds(NOON + 40_000, [seeker({ usefulMs: 29_999 })])).toEqual([Number.POSITIVE_INFINITY])
    expect(seconds(NOON + 20_000, [seeker({ usefulMs: 29_999 })])).toEqual([20])
    expect(seconds(SOON, [seeker({ usefulMs: 4999 })])).toEqual([Number.POSITIVE_INFINITY])
  })

  it.each([
    ['takes its turn where that is the last moment of its time', 40_000, 40_000, 40, 1],
    ['takes none a moment later, and comes back within its time', 40_000, 39_999, 22.4995, 0],
    ['comes back once more where 30 s are left', 60_000, 30_000, 17.5, 0],
    ['waits for its deadline where less is left', 60_000, 29_999, Number.POSITIVE_INFINITY, 0],
  ])('a task %s', (_, end, usefulMs, wait, taken) => {
    const turns = turnsFrom(NOON + end, [seeker({ usefulMs })], PACE, NOON)
    expect(turns).toEqual({ waits: [wait * SECOND], taken })
  })

  it('those without a turn leave no hole in the line', () => {
    const wanted = [seeker(), seeker({ usefulMs: 10_000 }), seeker()]
    expect(seconds(NOON + 60_000, wanted)).toEqual([60, Number.POSITIVE_INFINITY, 62])
  })

  it('a thousand tasks that wait come back evenly, at 1.5 a task that is settled, whatever the rate', () => {
    for (const perSecond of [2, 5, 15]) {
      const pace = paceOf(control({ drainPerSecond: perSecond }), 1000, NOON)
      const waits = seconds(SOON, seekers(1000), pace)
      const within = (from: number) => waits.filter((wait) => wait >= from && wait < from + 20).length
      for (const from of [5, 25]) {
        const left = waits.filter((wait) => wait >= from).length
        expect(Math.abs(within(from) / Math.min(left, 30 * perSecond) - 1)).toBeLessThan(0.02)
      }
    }
  })
})

describe('the write', () => {
  it('begins the line anew where it has come to an end, unless another writer did so at the same moment', () => {
    const known = NOON - 7000
    const admission = { ...fleet, epoch: 7, counts: { turnsUntil: known } }
    const change = { epoch: 7, most: { turnsUntil: known }, set: { turnsUntil: SOON + 6000 } }
    expect(takeTurns(admission, 3, PACE, NOON)).toEqual(change)
    expect(takeTurns(fleet, 1, PACE, NOON)).toMatchObject({ most: { turnsUntil: 0 }, set: { turnsUntil: SOON + 2000 } })
  })

  it('adds to a line, whoever else does', () => {
    const admission = { ...fleet, counts: { turnsUntil: SOON + 1 } }
    const most = { turnsUntil: NOON + (900 - 4) * SECOND }
    expect(takeTurns(admission, 3, PACE, NOON)).toEqual({ most, add: { turnsUntil: 6000 } })
  })

  it.each([
    { turns: 1, furthest: 60 },
    { turns: 10, furthest: 42 },
  ])(
    'takes $turns only where the line ends within $furthest s when it takes place, so that its last turn is not further away than a minute',
    ({ turns, furthest }) => {
      const admission = { ...fleet, counts: { turnsUntil: NOON + 20 * SECOND } }
      const { most } = takeTurns(admission, turns, { spacing: 2000, longest: 60 * SECOND }, NOON)
      expect(most).toEqual({ turnsUntil: NOON + furthest * SECOND })
    },
  )

  it('of urgent tasks in a line that is longer than that is taken where nobody else did', () => {
    const turnsUntil = NOON + 1000 * SECOND
    expect(takeTurns({ ...fleet, counts: { turnsUntil } }, 2, PACE, NOON).most).toEqual({ turnsUntil })
  })
})
