import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import { historyAfter } from '../../../functions/core/record/history.ts'
import type { HistoryBucket } from '../../../functions/core/record/history-bucket.ts'
import type { ReadinessRecord } from '../../../functions/core/record/record.ts'
import { HOUR, MINUTE, NOON, SECOND, totals } from '../../build/evidence.ts'
import { recordOf } from '../../build/record.ts'

const settings = { sweepSeconds: 60 }
const nothing = EMPTY_SUMMARY
/** A record of that status, swept then, with the history after that sweep. */
function swept(last: ReadinessRecord | null, at: number, status: ReadinessRecord['status'], settled = nothing) {
  return recordOf({ sweptAt: at, status, history: historyAfter(last, at, settled, settings) })
}
/** One sweep a minute from `from` on, each with its status. */
const sweeps = (from: number, statuses: readonly ReadinessRecord['status'][], first: ReadinessRecord | null = null) =>
  statuses.reduce<ReadinessRecord | null>((last, status, i) => swept(last, from + i * MINUTE, status), first)
const ready = (count: number) => Array.from({ length: count }, () => 'ready' as const)
const all = ({ seconds }: HistoryBucket) => Object.values(seconds).reduce((sum, each) => sum + each, 0)

describe('the history that the record gathers', () => {
  it('gives the time between two sweeps to the state that the views showed then', () => {
    const record = sweeps(NOON, ['ready', 'ready', 'not_ready', 'degraded', 'ready'])
    expect(record?.history?.hour.seconds).toEqual({ ready: 120, degraded: 60, not_ready: 60, unknown: 0 })
    expect(record?.history?.day.seconds).toEqual(record?.history?.hour.seconds)
  })

  it('knows nothing of the time before the first sweep', () => {
    expect(historyAfter(null, NOON + 20 * MINUTE, nothing, settings).hour).toMatchObject({
      ...{ at: NOON, seconds: { ready: 0, degraded: 0, not_ready: 0, unknown: 0 } },
    })
  })

  it('splits at the hour: the second before it belongs to the old hour, the second after it to the new one', () => {
    const before = swept(null, NOON + HOUR - 20 * SECOND, 'not_ready')
    const history = historyAfter(before, NOON + HOUR + 40 * SECOND, nothing, settings)
    expect(history.finished).toMatchObject([{ span: 'hour', at: NOON, seconds: { not_ready: 20 } }])
    expect(history.hour).toMatchObject({ at: NOON + HOUR, seconds: { not_ready: 40 } })
    expect(history.day.seconds.not_ready).toBe(60)
  })

  it('shows a gap between two sweeps as unknown from the moment at which the views did', () => {
    const record = swept(swept(null, NOON, 'ready'), NOON + 10 * MINUTE, 'ready')
    expect(record.history?.hour.seconds).toEqual({ ready: 180, degraded: 0, not_ready: 0, unknown: 420 })
  })

  it('keeps what it knew before a long outage of the sweep, whatever its length, within bounds', () => {
    for (const days of [1, 30, 400]) {
      const back = NOON + days * 24 * HOUR
      const history = historyAfter(swept(null, NOON, 'ready'), back, nothing, settings)
      const [first] = history.finished
      expect(first).toMatchObject({ span: 'hour', at: NOON, seconds: { ready: 180, unknown: 3420 } })
      expect(history.finished.length).toBeLessThanOrEqual(50)
      expect(history.hour.at).toBe(back)
    }
  })

  it('counts each settled task once, in the hour and day of the sweep that folded it', () => {
    const settled = totals({ solved: 5, failed: 2, expiredSubmitted: 1, expiredWaiting: 3 })
    const times = { ...settled, solveSeconds: { userrecaptcha: [1, 2], turnstile: [0, 0, 4] } }
    const record = swept(swept(null, NOON, 'ready'), NOON + MINUTE, 'ready', times)
    const next = swept(record, NOON + 2 * MINUTE, 'ready')
    for (const bucket of [next.history?.hour, next.history?.day])
      expect(bucket).toMatchObject({ solved: 5, failed: 6, solveSeconds: [1, 2, 4] })
  })

  it('keeps finished buckets until they are stored, at most 50, and drops the oldest', () => {
    const record = sweeps(NOON, ready(60 * 60))
    const times = record?.history?.finished.map(({ at }) => at) ?? []
    expect(times.length).toBe(50)
    expect(times.at(-1)).toBeGreaterThan(NOON + 57 * HOUR)
  })

  it('begins anew behind a clock that was ahead', () => {
    const ahead = swept(null, NOON + 48 * HOUR, 'ready')
    const history = historyAfter(ahead, NOON, nothing, settings)
    expect(history.hour.at).toBe(NOON)
    expect(all(history.hour)).toBe(0)
  })

  it('never counts more than the time that passed, and none of it twice, however sweeps are spaced', () => {
    const anyStatus = fc.constantFrom('ready' as const, 'degraded' as const, 'not_ready' as const)
    const anySweeps = fc.array(fc.tuple(fc.integer({ min: 1, max: 6000 }), anyStatus), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(anySweeps, fc.nat(3600), (gaps, offset) => {
        const first = swept(null, NOON + offset * SECOND, 'ready')
        const stored: HistoryBucket[] = []
        let last = first
        for (const [seconds, status] of gaps) {
          const at = last.sweptAt + seconds * SECOND
          const history = historyAfter(last, at, nothing, settings)
          stored.push(...history.finished)
          last = recordOf({ sweptAt: at, status, history: { ...history, finished: [] } })
        }
        for (const span of ['hour', 'day'] as const) {
          const running = last.history?.[span]
          const buckets = [...stored.filter((bucket) => bucket.span === span), ...(running ? [running] : [])]
          const passed = (last.sweptAt - first.sweptAt) / 1000
          expect(buckets.reduce((sum, bucket) => sum + all(bucket), 0)).toBeCloseTo(passed, 3)
          for (const bucket of buckets) expect(all(bucket)).toBeLessThanOrEqual(span === 'hour' ? 3600.001 : 86_400.001)
          expect(new Set(buckets.map(({ at }) => at)).size).toBe(buckets.length)
        }
      }),
      { numRuns: 200 },
    )
  })
})
