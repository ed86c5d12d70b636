import { describe, expect, it } from 'vitest'
import type { HistoryStore } from '../../../functions/core/ports.ts'
import { emptyBucket, type HistoryBucket, SPAN_MS } from '../../../functions/core/record/history-bucket.ts'
import { historyBeside, makeHistoryCache } from '../../../functions/health/history-cache.ts'
import { barsOf, totalOf } from '../../../functions/health/page/history-bars.ts'
import { memoryClock } from '../../../sim/memory/clock.ts'
import { memoryHistoryStore } from '../../../sim/memory/history-store.ts'
import { memoryLog } from '../../../sim/memory/log.ts'
import { HOUR, NOON } from '../../build/evidence.ts'
import { recordOf } from '../../build/record.ts'
import { healthOver, healthSeeing, type ServedOptions } from '../served-views.ts'

const MIDNIGHT = NOON - 12 * HOUR
const hour = (hoursAgo: number, seconds: Partial<HistoryBucket['seconds']>, more: Partial<HistoryBucket> = {}) => {
  const bucket = emptyBucket('hour', NOON - hoursAgo * HOUR)
  return { ...bucket, seconds: { ...bucket.seconds, ...seconds }, ...more }
}
const running = (seconds: Partial<HistoryBucket['seconds']> = {}) => ({
  hour: hour(1, seconds),
  day: emptyBucket('day', MIDNIGHT),
  finished: [],
})
const last24 = { span: 'hour', count: 24, until: NOON } as const
const page = async (stored: Pick<HistoryStore, 'list'>, options: ServedOptions = {}) => {
  const record = recordOf({ sweptAt: NOON, history: { ...running(), hour: emptyBucket('hour', NOON) } })
  const reading = { kind: 'record', record, readAt: NOON } as const
  return (await healthSeeing(reading, { stored, ...options })('/status')).body
}
const readable = (text: string): string => text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

describe('bars of the history', () => {
  it('are one for each hour, the running one last and as long as it is known', () => {
    const until = NOON - HOUR / 2
    const bars = barsOf({ hours: [hour(3, { ready: 3600 })], days: [] }, running({ ready: 900, not_ready: 900 }), {
      ...last24,
      until,
    })
    expect(bars).toHaveLength(24)
    expect(bars.at(-1)).toMatchObject({ at: NOON - HOUR, passed: 1800, ready: 0.5, notReady: 0.5 })
    expect(bars.at(-3)).toMatchObject({ at: NOON - 3 * HOUR, passed: 3600, ready: 1 })
    expect(bars.at(-2)).toMatchObject({ passed: 3600, ready: 0, degraded: 0, notReady: 0 })
  })

  it('never take time without data for good: the total is of what is known, and says how much that is', () => {
    const hours = [hour(2, { ready: 3600 }), hour(3, { not_ready: 1800, unknown: 1800 })]
    const total = totalOf(barsOf({ hours, days: [] }, null, { ...last24, until: NOON - 1 }))
    expect(total?.ready).toBeCloseTo(2 / 3, 6)
    expect(total?.notReady).toBeCloseTo(1 / 3, 6)
    expect(total?.coverage).toBeCloseTo(1.5 / 24, 4)
    expect(totalOf(barsOf({ hours: [], days: [] }, null, last24))).toBeNull()
  })

  it('have an hour that is over and not stored yet from the record', () => {
    const record = { ...running(), hour: emptyBucket('hour', NOON), finished: [hour(1, { degraded: 3600 })] }
    expect(barsOf(null, record, { ...last24, until: NOON }).at(-2)).toMatchObject({ degraded: 1 })
  })
})

describe('the history on the page', () => {
  it('says in words what the bars show, with the coverage, and has a table of every hour and day', async () => {
    const stored = memoryHistoryStore()
    await stored.save(hour(1, { ready: 1800, not_ready: 900, degraded: 900 }, { solved: 41, failed: 7 }))
    const text = readable(await page(stored))
    expect(text).toContain('Of the time that is known: ready 50 %, degraded 25 %, not ready 25 %.')
    expect(text).toMatch(/There is data for 4\.\d % of the time\./)
    expect(text).toContain('21 Nov, 11:00 50 % 25 % 25 % 0 % 41 7')
    expect(text).toContain('21 Nov, 10:00 no data')
    expect(text.match(/no data/g)?.length).toBeGreaterThan(22 + 88)
  })

  it('gives time without data a look of its own, which is not that of ready', async () => {
    const body = await page(memoryHistoryStore())
    const paths = [...body.matchAll(/<path (class="b0"|fill="url\(#none\)") d="(.*?)"/g)].map(([, kind, d]) => [
      kind,
      d,
    ])
    expect(paths.slice(0, 2)).toEqual([
      ['class="b0"', ''],
      ['fill="url(#none)"', expect.stringMatching(/^(M\d+ 0h8v40h-8z){23}$/)],
    ])
    expect(readable(body)).toContain('No data.')
  })

  it('shows one bad minute in a day: no state that happened is too thin to be seen', async () => {
    const stored = memoryHistoryStore()
    const bucket = emptyBucket('day', MIDNIGHT - SPAN_MS.day)
    await stored.save({ ...bucket, seconds: { ...bucket.seconds, ready: 86_340, not_ready: 60 } })
    const body = await page(stored)
    const red = [...body.matchAll(/<path class="b2" d="(.*?)"/g)].map(([, d]) => d)
    expect(red[1]).toBe('M880 0h8v4h-8z')
    expect(readable(body)).toContain('not ready under 0.1 %')
  })

  it('tells solve times of the last 24 hours by percentiles, to those with the token only', async () => {
    const stored = memoryHistoryStore()
    const times = { solveSeconds: [0, 0, 50, 45, 4, 0, 1] }
    await stored.save(hour(1, { ready: 3600 }, times))
    await stored.save(hour(30, { ready: 3600 }, { solveSeconds: [1000] }))
    expect(readable(await page(stored))).toMatch(/Half within 10 s 95 % within 15 s 99 % within 20 s Solves 100/)
    const reduced = readable(await page(stored, { token: 'right' }))
    expect(reduced).not.toMatch(/Half within|Solved/)
    expect(reduced).toContain('Last 24 hours Of the time that is known: ready 100 %.')
  })

  it('says that it is not whole if it cannot be read, and the page is answered all the same', async () => {
    const broken = { list: async () => Promise.reject(new Error('down')) }
    expect(readable(await page(broken))).toContain('The stored history cannot be read now')
    expect(readable(await page(memoryHistoryStore()))).not.toContain('cannot be read now')
  })

  it('is under 60 kB together with everything else, when all of it is full', async () => {
    const stored = memoryHistoryStore()
    const odd = { ready: 1111.11, degraded: 777.77, not_ready: 888.88, unknown: 99.9 }
    for (let n = 0; n <= 24; n += 1) await stored.save(hour(n, odd, { solved: 12_345, failed: 6789 }))
    for (let n = 0; n <= 90; n += 1) {
      const seconds = { ready: 44_444.4, degraded: 11_111.1, not_ready: 22_222.2, unknown: 0 }
      await stored.save({
        ...emptyBucket('day', MIDNIGHT - n * SPAN_MS.day),
        seconds,
        solved: 1_234_567,
        failed: 98_765,
      })
    }
    expect(new TextEncoder().encode(await page(stored)).length).toBeLessThan(60_000)
  })
})

describe('reading the history', () => {
  const counting = () => {
    const store = memoryHistoryStore()
    let queries = 0
    const list: HistoryStore['list'] = async (...of) => {
      queries += 1
      return store.list(...of)
    }
    return { stored: { list }, queries: () => queries }
  }
  const recordAt = (at: number) =>
    recordOf({ sweptAt: at, history: { ...running(), hour: emptyBucket('hour', Math.floor(at / HOUR) * HOUR) } })

  it('costs two queries for all pages of an hour, and none for any other view', async () => {
    const { stored, queries } = counting()
    const fleet = healthOver(recordAt(NOON), { stored })
    for (const path of ['/health/ready', '/health', '/metrics', '/badge.svg', '/status.json']) await fleet.get(path)
    expect(queries()).toBe(0)
    await Promise.all(Array.from({ length: 20 }, () => fleet.get('/status')))
    expect(queries()).toBe(2)
    fleet.clock.set(NOON + 59 * 60_000)
    await fleet.get('/status')
    expect(queries()).toBe(2)
  })

  it('reads anew as soon as the record runs in the next hour, because the last one is stored then', async () => {
    const { stored, queries } = counting()
    const fleet = healthOver(recordAt(NOON), { stored })
    await fleet.get('/status')
    await fleet.store.write({ ...recordAt(NOON + HOUR), version: 42 }, 41)
    fleet.clock.set(NOON + HOUR + 5_000)
    await fleet.get('/status')
    await fleet.get('/status')
    expect(queries()).toBe(4)
  })

  it('is not waited for when the table hangs, and not asked again for half a minute after a failure', async () => {
    let asked = 0
    const failing = {
      list: async () => {
        asked += 1
        throw new Error('down')
      },
    }
    const fleet = healthOver(recordAt(NOON), { stored: failing })
    for (let n = 0; n < 5; n += 1) await fleet.get('/status')
    expect(asked).toBe(2)
    fleet.clock.set(NOON + 31_000)
    await fleet.get('/status')
    expect(asked).toBe(4)
  })

  it('does not ask a table that does not answer for the record', async () => {
    const { stored, queries } = counting()
    const fleet = healthOver(recordAt(NOON), { stored })
    fleet.table('throw')
    expect((await fleet.get('/status')).status).toBe(503)
    expect(queries()).toBe(0)
  })

  it('asks for the 24 hours and the 90 days before the running ones, to their ends', async () => {
    const asked: unknown[][] = []
    const list: HistoryStore['list'] = async (...of) => {
      asked.push(of)
      return [emptyBucket(of[0], of[1])]
    }
    const clock = memoryClock()
    const read = makeHistoryCache({ load: async () => ({ list }), clock, ticks: clock.now, log: () => {} })
    const [firstHour, firstDay] = [NOON - 24 * HOUR, MIDNIGHT - 90 * SPAN_MS.day]
    expect(await read(NOON, 400)).toEqual({
      ...{ hours: [emptyBucket('hour', firstHour)], days: [emptyBucket('day', firstDay)] },
    })
    expect(asked).toEqual([
      ['hour', firstHour, NOON],
      ['day', firstDay, MIDNIGHT],
    ])
    // The record may still be in the last hour of yesterday when it is noon for the clock.
    await read(MIDNIGHT - HOUR, 400)
    expect(asked.slice(2)).toEqual([
      ['hour', MIDNIGHT - 25 * HOUR, MIDNIGHT - HOUR],
      ['day', firstDay - SPAN_MS.day, MIDNIGHT - SPAN_MS.day],
    ])
    // A sweep that has stopped writes no other hour, so there is nothing new to read, however long that is.
    clock.set(NOON + 5 * SPAN_MS.day)
    await read(MIDNIGHT - HOUR, 400)
    expect(asked).toHaveLength(4)
  })

  it('asks again 30 s after a failure, and at once for the next hour, which a late failure of the last one leaves alone', async () => {
    const asked: number[] = []
    const late = Promise.withResolvers<never>()
    const list: HistoryStore['list'] = async (span, _, to) => {
      if (span === 'day') return []
      asked.push((to - NOON) / HOUR)
      if (to === NOON + HOUR) return late.promise
      return to === NOON + 2 * HOUR ? [] : Promise.reject(new Error('down'))
    }
    const clock = memoryClock()
    const read = makeHistoryCache({ load: async () => ({ list }), clock, ticks: clock.now, log: () => {} })
    for (const passed of [0, 29_999, 30_000]) {
      clock.set(NOON + passed)
      expect(await read(NOON, 400)).toBeNull()
    }
    expect(asked).toEqual([0, 0])
    const given = read(NOON + HOUR, 400)
    await read(NOON + 2 * HOUR, 400)
    late.reject(new Error('late'))
    expect(await given).toBeNull()
    clock.set(NOON + 90_000)
    await read(NOON + 2 * HOUR, 400)
    expect(asked).toEqual([0, 0, 1, 2])
  })

  it.each([
    [new TypeError('arn:aws'), 'TypeError'],
    ['a text', 'unknown'],
  ])('logs that it cannot be read, with the name of the error: %s', async (thrown, why) => {
    const clock = memoryClock()
    const { log, lines } = memoryLog()
    const list = () => Promise.reject(thrown)
    await makeHistoryCache({ load: async () => ({ list }), clock, ticks: clock.now, log })(NOON, 400)
    expect(lines).toEqual([{ level: 'warn', message: 'the history cannot be read', fields: { why } }])
  })

  it('goes by the running hour of the record, which may still be the last one, and without a record by the clock', async () => {
    const asked: number[] = []
    const read = async (from: number) => {
      asked.push(from)
      return null
    }
    const late = { kind: 'record', record: recordOf({ history: running() }), readAt: NOON } as const
    const missing = { kind: 'missing', readAt: NOON } as const
    for (const reading of [late, missing])
      await historyBeside(read, { reading, milliseconds: 3, admission: null }, NOON + 5_000)()
    expect(asked).toEqual([NOON - HOUR, NOON])
  })

  it('gives up on a query that hangs', async () => {
    const clock = memoryClock()
    const hanging = async () => ({ list: () => new Promise<never>(() => {}) })
    const read = makeHistoryCache({ load: hanging, clock, ticks: clock.now, log: () => {} })
    const answer = read(NOON, 400)
    await clock.advance(400)
    expect(await answer).toBeNull()
  })

  it.each([
    [3, 400],
    [600, 300],
    [890, 100],
  ])(
    'after a read of the record of %i ms it waits %i ms at most, so that the page comes within a second',
    async (milliseconds, patience) => {
      const waits: number[] = []
      const read = async (_: number, patienceMs: number) => {
        waits.push(patienceMs)
        return null
      }
      const reading = { kind: 'record', record: recordAt(NOON), readAt: NOON } as const
      await historyBeside(read, { reading, milliseconds, admission: null }, NOON)()
      expect(waits).toEqual([patience])
    },
  )
})
