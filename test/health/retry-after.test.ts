import { describe, expect, it } from 'vitest'
import type { ReadinessRecord, RecordReading } from '../../functions/core/record/record.ts'
import { viewOf } from '../../functions/core/record/view.ts'
import { retryAfterSeconds } from '../../functions/health/retry-after.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { healthSettings, notReady, recordOf } from '../build/record.ts'

const FRACTIONS = Array.from({ length: 100 }, (_, index) => index / 100)

function spreadOf(reading: RecordReading, changes: Parameters<typeof healthSettings>[0] = {}) {
  const settings = healthSettings(changes)
  const view = viewOf(reading, NOON, settings)
  const all = FRACTIONS.map((fraction) => retryAfterSeconds(view, NOON, settings, fraction))
  return { least: Math.min(...all), most: Math.max(...all), middle: retryAfterSeconds(view, NOON, settings, 0.5), all }
}
const seen = (record: ReadinessRecord): RecordReading => ({ kind: 'record', record, readAt: NOON })
const missing: RecordReading = { kind: 'missing', readAt: NOON }

describe('Retry-After', () => {
  it.each([
    ['swept a second a time', missing, { sweepSeconds: 1 }],
    ['swept each minute', missing, { sweepSeconds: 60 }],
    ['swept each hour', missing, { sweepSeconds: 3600 }],
    ['not ready', seen(notReady()), {}],
    ['not ready, many good sweeps needed', seen(notReady()), { leaveNotReadySweeps: 1000 }],
    ['the sweep is due', seen(notReady({ sweptAt: NOON - 60_000, goodSweeps: 9 })), {}],
    ['paused by a person', seen(notReady({ issues: ['paused'] })), {}],
    ['overloaded', seen(recordOf({ mode: 'emergency', status: 'degraded' })), {}],
  ])('%s: whole seconds from 1 to 300, spread by at least 20 % either way', (_, reading, changes) => {
    const { least, most, all } = spreadOf(reading, changes)
    for (const seconds of all) {
      expect(Number.isInteger(seconds)).toBe(true)
      expect(seconds).toBeGreaterThanOrEqual(1)
      expect(seconds).toBeLessThanOrEqual(300)
    }
    const centre = (least + most) / 2
    expect(least).toBeLessThanOrEqual(0.8 * centre)
    expect(most).toBeGreaterThanOrEqual(1.2 * centre)
  })

  it('is the time to the next sweep that can change the answer', () => {
    expect(spreadOf(missing).middle).toBe(60)
    expect(spreadOf(seen(notReady({ goodSweeps: 1 }))).middle).toBe(53)
    expect(spreadOf(seen(notReady({ goodSweeps: 0 }))).middle).toBe(113)
    expect(spreadOf(seen(recordOf({ mode: 'emergency', status: 'degraded' }))).middle).toBe(53)
  })

  it('is longest while a person has paused the fleet', () => {
    expect(spreadOf(seen(notReady({ issues: ['paused'] }))).middle).toBeGreaterThan(200)
  })
})
