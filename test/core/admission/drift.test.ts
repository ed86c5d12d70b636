import { describe, expect, it } from 'vitest'
import { type DriftMemory, driftAfter, type InFlightSample } from '../../../functions/core/admission/places/drift.ts'
import { NOON } from '../../../sim/memory/clock.ts'

/** Seconds, places that the item counts, poll messages, submits accepted and settled so far. */
type Seen = readonly [
  second: number,
  counted: number,
  polls: number,
  accepted: number,
  settled: number,
  refused?: number,
  probes?: number,
]
const sampleOf = ([second, counted, polls, accepted, settled, refused = 0, probes]: Seen): InFlightSample => ({
  at: NOON + second * 1000,
  counted,
  polls,
  accepted,
  settled,
  refused,
  probes,
})
/** What each sweep gives back. A place that was given back is no longer counted by the sweeps after it. */
function surpluses(seen: readonly Seen[]): number[] {
  let memory: DriftMemory | null = null
  let given = 0
  return seen.map(([second, counted, ...more]) => {
    const drift: ReturnType<typeof driftAfter> = driftAfter(memory, sampleOf([second, counted - given, ...more]))
    memory = drift.memory
    given += drift.surplus
    return drift.surplus
  })
}

describe('places that no task has', () => {
  it.each<[string, Seen[], number[]]>([
    [
      'a quiet fleet has none',
      [
        [0, 0, 0, 9, 9],
        [60, 0, 0, 9, 9],
        [120, 0, 0, 9, 9],
      ],
      [0, 0, 0],
    ],
    [
      'while submits are refused nobody knows: each sample may count a place that is given back a moment later',
      [
        [0, 1, 0, 9, 9, 5],
        [60, 1, 0, 9, 9, 9],
        [120, 1, 0, 9, 9, 14],
        [180, 1, 0, 9, 9, 20],
      ],
      [0, 0, 0, 0],
    ],
    [
      'while few submits are refused, each may have had a place at the sample: what is more than them is given back',
      [
        [0, 7, 0, 9, 9, 5],
        [60, 7, 0, 9, 9, 6],
        [120, 7, 0, 9, 9, 8],
        [180, 7, 0, 9, 9, 8],
      ],
      [0, 0, 5, 0],
    ],
    [
      'behind an open breaker only probes have places: all others are given back, however many probes were refused',
      [
        [0, 3, 0, 9, 9, 5, 0],
        [60, 3, 0, 9, 9, 9, 0],
        [120, 4, 0, 9, 9, 14, 1],
        [180, 3, 0, 9, 9, 19, 0],
      ],
      [0, 0, 0, 3],
    ],
    [
      'a breaker that was closed in between may have let any number through',
      [
        [0, 3, 0, 9, 9, 5, 0],
        [60, 3, 0, 9, 9, 9],
        [120, 3, 0, 9, 9, 14, 0],
        [180, 3, 0, 9, 9, 19],
        [240, 3, 0, 9, 9, 24, 0],
      ],
      [0, 0, 0, 0, 0],
    ],
    [
      'and so may one that closed and opened again between two sweeps: tasks were accepted meanwhile',
      [
        [0, 3, 0, 9, 9, 5, 0],
        [60, 3, 0, 12, 12, 9, 0],
        [120, 3, 0, 15, 15, 14, 0],
        [180, 3, 0, 18, 18, 19, 0],
      ],
      [0, 0, 0, 0],
    ],
    [
      'one place too many is given back by the third sweep, and once',
      [
        [0, 1, 0, 9, 9],
        [60, 1, 0, 9, 9],
        [120, 1, 0, 9, 9],
        [180, 1, 0, 9, 9],
      ],
      [0, 0, 1, 0],
    ],
    [
      'of many the least of the sweeps is given back',
      [
        [0, 7, 0, 9, 9],
        [60, 5, 0, 9, 9],
        [120, 6, 0, 9, 9],
      ],
      [0, 0, 5],
    ],
    [
      'an empty poll queue alone gives nothing back: the outcomes know five tasks',
      [
        [0, 5, 0, 14, 9],
        [60, 5, 0, 14, 9],
        [120, 5, 0, 14, 9],
      ],
      [0, 0, 0],
    ],
    [
      'outcomes alone give nothing back: five poll messages are there',
      [
        [0, 5, 5, 9, 9],
        [60, 5, 5, 9, 9],
        [120, 5, 5, 9, 9],
      ],
      [0, 0, 0],
    ],
    [
      'a worker that pays is not taken for drift: what it reserved before a sweep is accepted by the next',
      [
        [0, 100, 0, 500, 500],
        [60, 100, 0, 600, 600],
        [120, 100, 0, 700, 700],
      ],
      [0, 0, 0],
    ],
    [
      'a sweep that finds none in between begins the count anew',
      [
        [0, 3, 0, 9, 9],
        [60, 3, 3, 9, 9],
        [120, 3, 0, 9, 9],
        [180, 3, 0, 9, 9],
        [240, 3, 0, 9, 9],
      ],
      [0, 0, 0, 0, 3],
    ],
    [
      'sweeps every 5 s wait for 75 s as well',
      Array.from({ length: 25 }, (_, n): Seen => [5 * n, 2, 0, 9, 9]),
      Array.from({ length: 25 }, (_, n) => (n === 18 ? 2 : 0)),
    ],
    [
      'too few places are never taken',
      [
        [0, 1, 4, 9, 9],
        [60, 1, 4, 9, 9],
        [120, 1, 4, 9, 9],
      ],
      [0, 0, 0],
    ],
  ])('%s', (_, seen, expected) => {
    expect(surpluses(seen)).toEqual(expected)
  })

  it('as many as workers have received may be tasks of a worker that died, which only their messages know', () => {
    const sample = (second: number, received: number): InFlightSample => ({
      ...sampleOf([second, 9, 0, 9, 9]),
      received,
    })
    const given = (first: number, second = first, third = first) => {
      const one = driftAfter(null, sample(0, first)).memory
      const two = driftAfter(one, sample(60, second)).memory
      return driftAfter(two, sample(120, third)).surplus
    }
    expect([0, 4, 9, 10].map((received) => given(received))).toEqual([9, 5, 0, 0])
    // As many as at the sample: it may count the places of tasks that were finished since, but of none that came since.
    expect([given(9, 0, 0), given(0, 0, 9)]).toEqual([0, 9])
  })

  it.each<[string, number | undefined, number, number | undefined, number | undefined]>([
    ['all the time, and nothing was accepted', 2, 9, 1, 1],
    ['all the time, but tasks were accepted', 2, 10, 1, undefined],
    ['now only', undefined, 9, 1, undefined],
    ['before only', 2, 9, undefined, undefined],
  ])('of a sample are known to be probes where no breaker was closed %s', (_, before, accepted, probes, reserved) => {
    const { memory } = driftAfter(null, { ...sampleOf([0, 3, 0, 9, 9]), probes: before })
    expect(driftAfter(memory, { ...sampleOf([60, 3, 0, accepted, 9]), probes }).memory.reserved).toBe(reserved)
  })
})

describe('what a sweep remembers of the places', () => {
  const SURPLUS = { since: NOON - 20_000, tasks: 4 }
  const before: DriftMemory = { sample: sampleOf([0, 20, 3, 50, 41, 7, 2]), surplus: SURPLUS, reserved: 2 }
  const remembered = (now: Seen, changes: Partial<DriftMemory> = {}) =>
    driftAfter({ ...before, ...changes }, sampleOf(now))

  it('is the whole sample of now, the surplus as of the first sweep and its least count, and how many were probes', () => {
    // Of 20 places nine are known, and one of those refused since may have had a place: ten are too many.
    const now: Seen = [40, 31, 5, 50, 44, 8, 1]
    expect(remembered(now)).toEqual({ memory: { sample: sampleOf(now), surplus: SURPLUS, reserved: 1 }, surplus: 0 })
    expect(remembered(now, { surplus: { ...SURPLUS, tasks: 12 } })).toEqual({
      memory: { sample: sampleOf(now), surplus: { ...SURPLUS, tasks: 10 }, reserved: 1 },
      surplus: 0,
    })
    expect(remembered(now, { surplus: null })).toEqual({
      memory: { sample: sampleOf(now), surplus: { since: NOON, tasks: 10 }, reserved: 1 },
      surplus: 0,
    })
  })

  it('is the sample without what is given back', () => {
    const now: Seen = [60, 31, 5, 50, 44, 8, 1]
    expect(remembered(now)).toEqual({
      memory: { sample: { ...sampleOf(now), counted: 27 }, surplus: null, reserved: 1 },
      surplus: 4,
    })
  })

  it('is no surplus where every place is known, but how many were probes', () => {
    const now: Seen = [40, 31, 5, 50, 44, 8, 1]
    const few = { sample: sampleOf([0, 10, 3, 50, 41, 7, 2]) }
    expect(remembered(now, few)).toEqual({ memory: { sample: sampleOf(now), surplus: null, reserved: 1 }, surplus: 0 })
  })

  it('stays whole where the last sweep was a moment ago', () => {
    expect(remembered([29.999, 31, 5, 60, 44, 8, 1])).toEqual({ memory: before, surplus: 0 })
    expect(remembered([30, 31, 5, 50, 44, 8, 1]).memory.sample.at).toBe(NOON + 30_000)
  })

  it.each<[string, Seen, Partial<DriftMemory>, number]>([
    ['poll messages of then count, and none that came since', [60, 31, 90, 50, 44, 7, 1], {}, 11],
    [
      'as many poll messages then as there were places',
      [60, 31, 0, 50, 44, 7, 1],
      { sample: sampleOf([0, 20, 20, 50, 41, 7]) },
      0,
    ],
    ['fewer were refused than probes had places', [60, 31, 5, 50, 44, 8, 1], { reserved: 5 }, 10],
    ['more were refused than probes had places', [60, 31, 5, 50, 44, 19, 1], { reserved: 5 }, 6],
    ['any number may have been reserved', [60, 31, 5, 50, 44, 16, 1], { reserved: undefined }, 2],
  ])('finds a surplus by the sample of then: %s', (_, now, changes, tasks) => {
    const found = remembered(now, { ...changes, surplus: null }).memory.surplus
    expect(found).toEqual(tasks === 0 ? null : { since: NOON, tasks })
  })
})
