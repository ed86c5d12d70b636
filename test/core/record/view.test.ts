import { describe, expect, it } from 'vitest'
import { EMPTY_SUMMARY } from '../../../functions/core/outcome/summary.ts'
import type { ReadinessRecord, RecordReading } from '../../../functions/core/record/record.ts'
import { viewOf } from '../../../functions/core/record/view.ts'
import { evidence, HOUR, NOON, SECOND, VIEW_SETTINGS } from '../../build/evidence.ts'

const verdict = { status: 'ready', mode: 'normal', issues: [], warnings: ['starting'], trace: [] } as const
const record = (changes: Partial<ReadinessRecord> = {}): ReadinessRecord => ({
  ...{ schema: 1, version: 7, sweptAt: NOON, activeProvider: 'captchaai' },
  ...{ badSweeps: 0, goodSweeps: 9, countedAt: NOON, since: {}, cursor: NOON - 10 * SECOND },
  ...{ folded: EMPTY_SUMMARY, foldedMinutes: [], drift: null, changes: [], history: null, evidence: evidence() },
  ...verdict,
  issues: [],
  warnings: ['starting'],
  trace: [],
  raw: { ...verdict, issues: [], warnings: ['starting'], trace: [] },
  ...changes,
})
const see = (reading: RecordReading, secondsLater = 0) => viewOf(reading, NOON + secondsLater * SECOND, VIEW_SETTINGS)
const read = (changes: Partial<ReadinessRecord> = {}): RecordReading => ({
  kind: 'record',
  record: record(changes),
  readAt: NOON,
})

describe('a fresh record', () => {
  it('speaks for itself, with its age as of now', () => {
    expect(see(read(), 47.9)).toMatchObject({
      ...{ status: 'ready', mode: 'normal', issues: [], warnings: ['starting'] },
      ...{ sweptAt: NOON, ageSeconds: 47, maxAgeSeconds: 180 },
    })
  })
  it('may be a little ahead of the clock', () => {
    expect(see(read({ sweptAt: NOON + 3 * SECOND }))).toMatchObject({ status: 'ready', ageSeconds: 0 })
  })
})

describe('sweep stops (disabled, failing, throttled): ready is unknown within 3 periods (row 33)', () => {
  it('whatever the record said, and says how old it is', () => {
    for (const status of ['ready', 'degraded', 'not_ready'] as const) {
      expect(see(read({ status }), 180).status).toBe(status)
      const view = see(read({ status, issues: ['paused'] }), 190)
      expect(view).toMatchObject({ status: 'unknown', issues: ['stale_evidence=190s'], warnings: [], ageSeconds: 190 })
      expect(view.trace).toEqual([
        {
          ...{ rule: 'stale_evidence', observed: 190, threshold: 180 },
          ...{ since: '2026-11-21T12:03:00.000Z', runbook: 'docs/runbook.md#stale-evidence' },
        },
      ])
    }
  })
  it('also within the second in which it grows too old', () => {
    expect(see(read(), 180.5)).toMatchObject({ status: 'unknown', issues: ['stale_evidence=180s'] })
  })
})

describe('record missing, corrupt, from the future, or of an older version: unknown, never ready (row 34)', () => {
  it('missing', () => {
    const view = see({ kind: 'missing', readAt: NOON })
    expect(view).toMatchObject({ status: 'unknown', issues: ['record_unreadable'], sweptAt: null, ageSeconds: null })
    expect(view.maxAgeSeconds).toBe(180)
    expect(view.trace[0]?.observed).toBe('missing')
  })
  it('corrupt or of another version', () => {
    const view = see({ kind: 'unreadable', why: 'schema 0', readAt: NOON })
    expect(view).toMatchObject({ status: 'unknown', issues: ['record_unreadable'], record: null })
    expect(view.trace[0]?.observed).toBe('schema 0')
  })
  it('from the future', () => {
    expect(see(read({ sweptAt: NOON + HOUR }))).toMatchObject({ status: 'unknown', issues: ['record_unreadable'] })
  })
  it('from more than 30 s ahead, which no corrected clock is', () => {
    expect(see(read({ sweptAt: NOON + 30 * SECOND })).status).toBe('ready')
    const view = see(read({ sweptAt: NOON + 30 * SECOND + 1 }))
    expect(view).toMatchObject({ status: 'unknown', mode: 'normal', sweptAt: null, record: null, maxAgeSeconds: 180 })
    expect(view.trace).toEqual([
      {
        ...{ rule: 'record_unreadable', observed: 'from the future', threshold: null },
        ...{ since: new Date(NOON).toISOString(), runbook: 'docs/runbook.md#record-unreadable' },
      },
    ])
  })
  it('with a time that is no date', () => {
    expect(see(read({ sweptAt: Number.NaN }))).toMatchObject({ status: 'unknown', issues: ['record_unreadable'] })
    const view = see(read({ sweptAt: -1e30 }))
    expect([view.status, view.trace[0]?.since]).toEqual(['unknown', null])
  })
})

describe('table unreadable or hanging: the last known record with its age, then unknown (row 35)', () => {
  const failing = (last: ReadinessRecord | null): RecordReading => ({
    ...{ kind: 'unreachable', failingSince: NOON + 30 * SECOND, last, readAt: NOON + 30 * SECOND },
  })
  it('for 10 s since the first failed read', () => {
    expect(see(failing(record()), 39.9)).toMatchObject({ status: 'ready', ageSeconds: 39 })
    const view = see(failing(record()), 40)
    expect(view).toMatchObject({ status: 'unknown', issues: ['record_unreadable'], record: record(), sweptAt: NOON })
    expect(view.trace).toMatchObject([{ observed: 'unreachable', since: '2026-11-21T12:00:30.000Z' }])
  })
  it('not when the last known record is stale by then', () => {
    const old = record({ sweptAt: NOON - HOUR })
    expect(see(failing(old), 31)).toMatchObject({ status: 'unknown', issues: ['stale_evidence=3631s'] })
  })
  it('and at once when none is known', () => {
    expect(see(failing(null), 31)).toMatchObject({ status: 'unknown', issues: ['record_unreadable'], record: null })
  })
})
