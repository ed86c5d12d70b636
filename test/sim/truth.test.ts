import { describe, expect, it } from 'vitest'
import type { BalanceAnswer } from '../../functions/core/provider/answers.ts'
import { playTruth } from '../../sim/truth/play.ts'
import { documentsRule, type Reader, type Said, threeStrikesRule } from '../../sim/truth/readers.ts'
import { scoreOf } from '../../sim/truth/score.ts'
import { TIMELINES } from '../../sim/truth/timelines.ts'

const rich: BalanceAnswer = { kind: 'balance', value: 25, ms: 1 }
const unread: BalanceAnswer = {
  ...{ kind: 'failed', ms: 1 },
  failure: { class: 'transient', code: 'HTTP_502', message: 'no answer' },
}
/** What a rule says at each second of these. */
function read(
  rule: Reader,
  seconds: number,
  settled: Record<number, boolean[]>,
  balance = (_: number) => rich,
): Said[] {
  return Array.from({ length: seconds }, (_, second) =>
    rule({ second, settled: (settled[second] ?? []).map((solved) => ({ solved })), balance: () => balance(second) }),
  )
}

describe('the rule of the source documents', () => {
  it('is red at the tenth failure in a row, and green at the next solve', () => {
    const said = read(documentsRule(), 4, { 0: Array(9).fill(false), 1: [false], 3: [true] })
    expect(said).toEqual(['ready', 'not_ready', 'not_ready', 'ready'])
  })
  it('is red when the last solve is more than ten minutes ago, but never before the first solve', () => {
    expect(read(documentsRule(), 700, {})).not.toContain('not_ready')
    const said = read(documentsRule(), 700, { 5: [true] })
    expect(said.indexOf('not_ready')).toBe(606)
  })
  it('reads the balance each minute and keeps the old one when it cannot', () => {
    const said = read(documentsRule(), 200, {}, (second) => (second < 90 ? { ...rich, value: 0.5 } : unread))
    expect(new Set(said)).toEqual(new Set(['not_ready']))
  })
})

it('a probe with three strikes is red at the third account call that fails, and green at the first that succeeds', () => {
  const said = read(threeStrikesRule(), 130, {}, (second) => (second < 100 ? unread : rich))
  expect([said.indexOf('not_ready'), said.lastIndexOf('not_ready')]).toEqual([60, 119])
})

describe('the score of what a rule said', () => {
  const timeline = { name: '', hours: 1, clients: [], broken: [[10, 20]] as const, detection: 3 }
  const said = (from: number, until: number): Said[] =>
    Array.from({ length: 40 }, (_, second) => (second >= from && second < until ? 'not_ready' : 'ready'))
  it('is nothing but the time to notice where a rule tells the truth', () => {
    const score = { falseGreen: 2, lateGreen: 0, falseRed: 4, lateRed: 0, unknown: 0, detect: 2, recover: 4, flaps: 0 }
    expect(scoreOf(timeline, said(12, 24))).toEqual(score)
  })
  it('counts every second of a failure that is not seen, and as late those after the time that is allowed', () => {
    expect(scoreOf(timeline, said(0, 0))).toMatchObject({ falseGreen: 10, lateGreen: 7, detect: 10, recover: 0 })
  })
  it('counts as late red what no proof takes any more, and all red where nothing has failed before', () => {
    expect(scoreOf({ ...timeline, proof: 3 }, said(10, 29))).toMatchObject({ falseRed: 9, lateRed: 6 })
    expect(scoreOf(timeline, said(0, 12))).toMatchObject({ falseRed: 10, lateRed: 10 })
  })
  it('counts as flaps the changes beyond two for each failure, and nothing in a time that is unclear', () => {
    const flapping: Said[] = Array.from({ length: 40 }, (_, second) => (second % 2 === 0 ? 'ready' : 'not_ready'))
    expect(scoreOf({ ...timeline, unclear: [[0, 40]] }, flapping)).toMatchObject({
      falseGreen: 0,
      falseRed: 0,
      flaps: 37,
    })
  })
})

it('there are at least twenty timelines, each with a name of its own and a truth within its hours', () => {
  expect(TIMELINES.length).toBeGreaterThanOrEqual(20)
  expect(new Set(TIMELINES.map(({ name }) => name)).size).toBe(TIMELINES.length)
  for (const { hours, broken, unclear = [] } of TIMELINES)
    for (const [from, until] of [...broken, ...unclear]) expect(from < until && until <= hours * 3600).toBe(true)
})

it('a burst an hour is no failure to the fleet, and one after another to the rule of the documents', async () => {
  const timeline = TIMELINES.find(({ name }) => name.startsWith('bursts of 300'))
  if (timeline === undefined) throw new Error('no such timeline')
  const said = await playTruth(timeline)
  expect(scoreOf(timeline, said.lifesign)).toMatchObject({ falseGreen: 0, falseRed: 0 })
  expect(scoreOf(timeline, said.documents).falseRed).toBeGreaterThan(2 * 3600)
})

describe('the fleet tells the truth of', () => {
  const courses = TIMELINES.filter(({ name }) =>
    /^outage of 20|never solves|key refused|bad client|deadline of 10 s|sweep stops/.test(name),
  )
  it.each(courses.map((timeline) => [timeline.name, timeline] as const))(
    '%s: never green later than it may take to notice, never red but while it recovers',
    async (_, timeline) => {
      const { lifesign } = await playTruth(timeline)
      const { lateGreen, falseRed, detect } = scoreOf(timeline, lifesign)
      expect(lateGreen).toBe(0)
      expect(detect ?? 0).toBeLessThanOrEqual(timeline.detection)
      expect(falseRed).toBeLessThanOrEqual(80 * timeline.broken.length)
    },
  )
})
