import { describe, expect, it } from 'vitest'
import { emptyBucket, type HistoryBucket, SPAN_MS } from '../../../functions/core/record/history-bucket.ts'
import { barsSvg } from '../../../functions/health/page/bars-svg.ts'
import { type Bar, barsOf, totalOf } from '../../../functions/health/page/history-bars.ts'
import { memoryHistoryStore } from '../../../sim/memory/history-store.ts'
import { HOUR, NOON } from '../../build/evidence.ts'
import { recordOf } from '../../build/record.ts'
import { healthSeeing } from '../served-views.ts'
import { readable, rowsBelow } from './readable.ts'

const MIDNIGHT = NOON - 12 * HOUR
const bar = (changes: Partial<Bar>): Bar => ({
  ...{ at: NOON, ready: 0, degraded: 0, notReady: 0, passed: 3600, solved: 0, failed: 0, solveSeconds: [] },
  ...changes,
})
/** Of each colour the parts of the bars: place, top, width, height. */
const partsOf = (bars: Bar[]): Record<string, number[][]> =>
  Object.fromEntries(
    [...barsSvg(bars, '').markup.matchAll(/<path (?:class|fill)="(.*?)" d="(.*?)"/g)].map(([, colour = '', d = '']) => {
      expect(d).toMatch(/^(M\d+ [\d.]+h8v[\d.]+h-8z)*$/)
      return [colour, [...d.matchAll(/M(\S+) (\S+?)h(\S+?)v(\S+?)h/g)].map((part) => part.slice(1).map(Number))]
    }),
  )
const widthOf = (bars: Bar[]) => Number(/viewBox="0 0 (\d+) 40"/.exec(barsSvg(bars, '').markup)?.[1])
const withSeconds = (span: 'hour' | 'day', at: number, seconds: Partial<HistoryBucket['seconds']>): HistoryBucket => {
  const bucket = emptyBucket(span, at)
  return { ...bucket, seconds: { ...bucket.seconds, ...seconds } }
}

describe('the drawing of the bars', () => {
  it.each([
    ['the parts stand on each other', { ready: 0.5, degraded: 0.25, notReady: 0.125 }, [20, 10, 5, 5]],
    [
      'what happened for a moment is seen, at the cost of the largest part',
      { ready: 0.99, notReady: 0.01 },
      [36, 0, 4, 0],
    ],
    ['the largest may be any of them', { ready: 0.1, degraded: 0.85, notReady: 0.05 }, [4, 32, 4, 0]],
    ['a gap of less than a 40th is not drawn', { ready: 0.98 }, [40, 0, 0, 0]],
    ['a gap of a 40th is drawn', { ready: 0.975 }, [39, 0, 0, 1]],
    ['time of which nothing is known fills the bar', {}, [0, 0, 0, 40]],
    ['a bar whose time has not come is empty', { passed: 0 }, [0, 0, 0, 0]],
  ])('%s', (_, changes, heights) => {
    const parts = partsOf([bar(changes)])
    let top = 40
    const expected = heights.map((height) => {
      top -= height
      return height === 0 ? [] : [[0, top, 8, height]]
    })
    expect(parts).toEqual({ b0: expected[0], b1: expected[1], b2: expected[2], 'url(#none)': expected[3] })
  })

  it('has a place of its own for each bar, and ends with the last one', () => {
    const bars = [bar({ ready: 1 }), bar({ passed: 0 }), bar({ ready: 1 })]
    expect(partsOf(bars).b0?.map(([place]) => place)).toEqual([0, 20])
    expect(widthOf(bars)).toBe(28)
  })
})

describe('the shares of a bar', () => {
  const last24 = { span: 'hour', count: 24, until: NOON - HOUR / 2 } as const

  it('never add up to more than the whole, also if more is known than has passed', () => {
    const running = withSeconds('hour', NOON - HOUR, { ready: 2400, degraded: 600, not_ready: 600 })
    const bars = barsOf(null, { hour: running, day: emptyBucket('day', MIDNIGHT), finished: [] }, last24)
    expect(bars.at(-1)).toMatchObject({ passed: 1800, ready: 2 / 3, degraded: 1 / 6, notReady: 1 / 6 })
  })

  it('are those of an hour for an hour and of a day for a day, which begin at the same time', () => {
    const finished = [
      withSeconds('day', MIDNIGHT - SPAN_MS.day, { ready: 86_400 }),
      withSeconds('hour', MIDNIGHT - SPAN_MS.day, { not_ready: 3600 }),
    ]
    const running = { hour: emptyBucket('hour', NOON), day: emptyBucket('day', MIDNIGHT), finished }
    const days = barsOf(null, running, { span: 'day', count: 2, until: NOON })
    expect(days[0]).toMatchObject({ ready: 1, notReady: 0 })
    const hours = barsOf(null, running, { span: 'hour', count: 37, until: NOON })
    expect(hours[0]).toMatchObject({ ready: 0, notReady: 1 })
  })

  it('count by the time that has passed: a running hour of six minutes is a tenth of a finished one', () => {
    const total = totalOf([bar({ ready: 1 }), bar({ notReady: 1, passed: 360 })])
    expect(total?.ready).toBeCloseTo(10 / 11, 9)
    expect(total?.coverage).toBe(1)
  })
})

describe('the history in words', () => {
  const page = async (sweptAt: number, seconds: Partial<HistoryBucket['seconds']>, token?: string) => {
    const hour = withSeconds('hour', NOON - HOUR, seconds)
    const history = { hour: { ...hour, solved: 41, failed: 7 }, day: emptyBucket('day', MIDNIGHT), finished: [] }
    const record = recordOf({ sweptAt, history })
    const options = { stored: memoryHistoryStore(), ...(token === undefined ? {} : { token }) }
    return (await healthSeeing({ kind: 'record', record, readAt: NOON }, options)('/status')).body
  }

  it('of a fresh record ends with its sweep, and of a stale one now: since then nothing is known', async () => {
    const fresh = await page(NOON - 60_000, { ready: 3540 })
    expect(rowsBelow(fresh, 'Last 24 hours').slice(0, 2)).toEqual([
      ['Hour (UTC)', 'Ready', 'Degraded', 'Not ready', 'No data', 'Solved', 'Failed'],
      ['21 Nov, 11:00', '100 %', '0 %', '0 %', '0 %', '41', '7'],
    ])
    const stale = await page(NOON - 600_000, { ready: 1800, not_ready: 1200 })
    expect(rowsBelow(stale, 'Last 24 hours').slice(1, 3)).toEqual([
      ['21 Nov, 12:00', 'no data'],
      ['21 Nov, 11:00', '50 %', '0 %', '33.3 %', '16.6 %', '41', '7'],
    ])
  })

  it('has no counts for those without the token, and days by their dates', async () => {
    const reduced = await page(NOON - 60_000, { ready: 3540 }, 'right')
    expect(rowsBelow(reduced, 'Last 24 hours').slice(0, 2)).toEqual([
      ['Hour (UTC)', 'Ready', 'Degraded', 'Not ready', 'No data'],
      ['21 Nov, 11:00', '100 %', '0 %', '0 %', '0 %'],
    ])
    const days = rowsBelow(reduced, 'Last 90 days')
    expect(days.slice(0, 3).map(([name]) => name)).toEqual(['Day (UTC)', '21 Nov', '20 Nov'])
    expect(days).toHaveLength(91)
  })

  it('tells those who do not see the bars the same sentence, and says where the bars begin and end', async () => {
    const body = await page(NOON - 60_000, { ready: 3540 })
    const said = 'Of the time that is known: ready 100 %. There is data for 4.1 % of the time.'
    const labels = [...body.matchAll(/role="img" aria-label="(.*?)"/g)].map(([, label]) => label)
    expect(labels).toEqual([`Last 24 hours: ${said}`, 'Last 90 days: No data.'])
    const lines = readable(body)
    expect(lines).toEqual(
      expect.arrayContaining([said, '24 hours ago now', '90 days ago now', 'Last 90 days as a table']),
    )
    expect(lines).toEqual(expect.arrayContaining(['Half within no data', '99 % within no data', 'Solves 0']))
  })
})
