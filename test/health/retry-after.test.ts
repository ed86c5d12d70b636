import { describe, expect, it } from 'vitest'
import type { Control } from '../../functions/core/admission/item/admission.ts'
import { initialAdmission, initialProvider } from '../../functions/core/admission/item/initial.ts'
import type { ReadinessRecord, RecordReading } from '../../functions/core/record/record.ts'
import { viewOf } from '../../functions/core/record/view.ts'
import { retryAfterSeconds, spreadSeconds } from '../../functions/health/retry-after.ts'
import { NOON } from '../../sim/memory/clock.ts'
import { healthSettings, notReady, recordOf } from '../build/record.ts'

const FRACTIONS = Array.from({ length: 100 }, (_, index) => index / 100)

function spreadOf(
  reading: RecordReading,
  changes: Parameters<typeof healthSettings>[0] = {},
  control: Control | null = null,
) {
  const settings = healthSettings(changes)
  const seen = {
    view: viewOf(reading, NOON, settings, control === null ? null : { control, counts: {} }),
    now: NOON,
    control,
  }
  const all = FRACTIONS.map((fraction) => retryAfterSeconds(seen, settings, fraction))
  return { least: Math.min(...all), most: Math.max(...all), middle: retryAfterSeconds(seen, settings, 0.5), all }
}
const admission = (changes: Partial<Control> = {}): Control => ({
  ...initialAdmission(['captchaai']).control,
  ...changes,
})
const openUntil = (...seconds: number[]): Control =>
  admission({
    providers: Object.fromEntries(
      seconds.map((second, n) => {
        const until = NOON + second * 1000
        const breaker = { state: 'open', since: NOON, until, seconds: second, cause: 'TIMEOUT' } as const
        return [n === 0 ? 'captchaai' : 'twocaptcha', { ...initialProvider, breaker }]
      }),
    ),
  })
const seen = (record: ReadinessRecord): RecordReading => ({ kind: 'record', record, readAt: NOON })
const missing: RecordReading = { kind: 'missing', readAt: NOON }

describe('Retry-After', () => {
  it.each([
    ['swept a second a time', missing, { sweepSeconds: 1 }],
    ['swept each minute', missing, { sweepSeconds: 60 }],
    ['swept each hour', missing, { sweepSeconds: 3600 }],
    ['not ready', seen(notReady()), {}],
    [
      'not ready, many good sweeps needed',
      seen(notReady({ issues: ['error_rate=0.62'] })),
      { leaveNotReadySweeps: 1000 },
    ],
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
    expect(spreadOf(seen(notReady({ goodSweeps: 0 }))).middle).toBe(53)
    for (const issues of [['error_rate=0.62'], ['overdue=3', 'queue_full=1200']]) {
      expect(spreadOf(seen(notReady({ issues, goodSweeps: 1 }))).middle).toBe(53)
      expect(spreadOf(seen(notReady({ issues, goodSweeps: 0 }))).middle).toBe(113)
    }
    expect(spreadOf(seen(recordOf({ mode: 'emergency', status: 'degraded' }))).middle).toBe(53)
  })

  it('is the time to the first probe of an open breaker, seen since the last sweep', () => {
    const outage = seen(recordOf())
    expect(spreadOf(outage, {}, openUntil(40)).middle).toBe(40)
    expect(spreadOf(outage, {}, openUntil(40, 25)).middle).toBe(25)
    expect(spreadOf(outage, {}, openUntil(-3)).middle).toBe(5)
  })

  it('is the longer of breaker and sweep where the sweep found the fleet not ready too', () => {
    const record = notReady({ goodSweeps: 1, issues: ['no_usable_provider'] })
    expect(spreadOf(seen(record), {}, openUntil(40)).middle).toBe(53)
    expect(spreadOf(seen(record), {}, openUntil(100)).middle).toBe(100)
  })

  it('is the time that a full queue needs to have room again, where the speed of the fleet is known', () => {
    const queue = { waiting: 1099, available: 1099, inFlight: 9, deadLetters: 0 }
    const full = seen(notReady({ goodSweeps: 1, issues: ['queue_full=1099'], evidence: { queue } }))
    expect(spreadOf(full, {}, admission({ drainPerSecond: 1 })).middle).toBe(100)
    expect(spreadOf(full, {}, admission({ drainPerSecond: 10 })).middle).toBe(53)
    expect(spreadOf(full, {}, admission({ drainPerSecond: null })).middle).toBe(53)
    expect(spreadOf(full, {}, admission({ drainPerSecond: 0 })).middle).toBe(53)
  })

  it('is the end of the hour or day where a spend limit is reached, but not more than may be', () => {
    const settings = healthSettings()
    const waitAt = (now: number, period: string) => {
      const record = notReady({ goodSweeps: 1, sweptAt: now, issues: [`spend_limit=${period}`] })
      const view = viewOf({ kind: 'record', record, readAt: now }, now, settings)
      return retryAfterSeconds({ view, now, control: null }, settings, 0.5)
    }
    const almostOne = NOON + 3_480_000
    expect(waitAt(almostOne, 'hour')).toBe(120)
    expect(waitAt(NOON, 'hour')).toBe(214)
    expect(waitAt(almostOne, 'day')).toBe(214)
    expect(waitAt(NOON + 11 * 3_600_000 + 3_500_000, 'day')).toBe(100)
  })

  it('is a sweep away while the evidence is stale, whatever the old record says', () => {
    expect(spreadOf(seen(recordOf({ sweptAt: NOON - 190_000 }))).middle).toBe(60)
    expect(spreadOf(seen(notReady({ sweptAt: NOON - 190_000, issues: ['paused'] }))).middle).toBe(60)
  })

  it('goes by open breakers only, and by the sweep where none is open any more', () => {
    const one = openUntil(40)
    const providers = { ...one.providers, twocaptcha: initialProvider }
    expect(spreadOf(seen(recordOf()), {}, { ...one, providers }).middle).toBe(40)
    expect(spreadOf(seen(notReady({ goodSweeps: 1, issues: ['circuit_open=captchaai'] }))).middle).toBe(53)
  })

  it('goes by the breakers also where the view says only that no provider can be used', () => {
    const settings = healthSettings()
    const view = { ...viewOf(seen(recordOf()), NOON, settings), issues: ['no_usable_provider'] }
    expect(retryAfterSeconds({ view, now: NOON, control: openUntil(100) }, settings, 0.5)).toBe(100)
  })

  it('counts a queue that has room for nothing as full, and one that has room as no reason to wait', () => {
    const waiting = (tasks: number) => {
      const queue = { waiting: tasks, available: tasks, inFlight: 9, deadLetters: 0 }
      return spreadOf(seen(recordOf({ evidence: { queue } })), {}, admission({ drainPerSecond: 0.01 })).middle
    }
    expect(waiting(1000)).toBe(100)
    expect(waiting(999)).toBe(5)
    expect(waiting(0)).toBe(5)
  })

  it('is longest while a person has paused the fleet', () => {
    expect(spreadOf(seen(notReady({ issues: ['paused'] }))).middle).toBeGreaterThan(200)
  })
})

it.each([
  [60, 36, 60, 84],
  [5, 3, 5, 7],
  [0, 3, 5, 7],
  [300, 129, 214, 300],
])('a wait of %i s is spread by 40 %% either way, within its bounds: %i, %i, %i', (seconds, ...expected) => {
  expect([0, 0.5, 0.999_999].map((fraction) => spreadSeconds(seconds, fraction))).toEqual(expected)
})
