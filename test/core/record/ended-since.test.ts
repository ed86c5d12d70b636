import { describe, expect, it } from 'vitest'
import type { Counters } from '../../../functions/core/admission/item/admission.ts'
import { initialAdmission } from '../../../functions/core/admission/item/initial.ts'
import type { Recovery } from '../../../functions/core/evidence/recovery.ts'
import { viewOf } from '../../../functions/core/record/view.ts'
import type { Verdict } from '../../../functions/core/rules/rule.ts'
import { MINUTE, NOON, SECOND, VIEW_SETTINGS } from '../../build/evidence.ts'
import { recordOf, SWEPT_AT } from '../../build/record.ts'

const { control } = initialAdmission(['captchaai'])
const BEFORE = { solved: 100, failed: 40 }
const NOTHING_SOLVED = ['consecutive_failures=12', 'no_solve_for=625s', 'overdue=5']
/** A fleet in which the last sweep found these issues. */
const found = (issues: string[], evidence: Parameters<typeof recordOf>[0] = {}) =>
  recordOf({ status: 'not_ready', issues, ...evidence, evidence: { ended: BEFORE, ...evidence?.evidence } })
const seen = (record: ReturnType<typeof recordOf>, counts: Counters) =>
  viewOf({ kind: 'record', record, readAt: NOON }, NOON, VIEW_SETTINGS, { control, counts })
/** What is left when so many tasks were solved, and failed, since the sweep. */
const left = (record: ReturnType<typeof recordOf>, solved: number, failed = 0) =>
  seen(record, { solved: BEFORE.solved + solved, failed: BEFORE.failed + failed }).issues
const recovery = (solved: number, counted = 0): Recovery => ({
  at: SWEPT_AT - 20 * SECOND,
  solved,
  minutes: [{ at: SWEPT_AT - 20 * SECOND, solved, counted }],
})

describe('tasks that were solved since the last sweep', () => {
  it('end with the first solve what says that nothing is solved, as the next sweep will', () => {
    expect(left(found(NOTHING_SOLVED), 0)).toEqual(NOTHING_SOLVED)
    expect(left(found(NOTHING_SOLVED), 1)).toEqual([])
    expect(seen(found(NOTHING_SOLVED), { solved: 101, failed: 40 })).toMatchObject({ status: 'ready', trace: [] })
  })

  it('end the error rate of a time in which nothing was solved with the third solve, and not with the second', () => {
    const failing = found([...NOTHING_SOLVED, 'error_rate=0.90'])
    expect([1, 2, 3, 4].map((solves) => left(failing, solves))).toEqual([
      ...[['error_rate=0.90'], ['error_rate=0.90']],
      ...[[], []],
    ])
  })

  it('say nothing about submits, money and queue: those issues stay', () => {
    const others = ['low_balance=$0.50', 'stalled_for=200s', 'queue_full=1200']
    expect(left(found([...NOTHING_SOLVED, ...others]), 50).toSorted()).toEqual(others.toSorted())
  })

  it('do not end a streak where enough failures came with them to make another one', () => {
    expect(left(found(NOTHING_SOLVED), 1, 9)).toEqual([])
    expect(left(found(NOTHING_SOLVED), 1, 10)).toEqual(['consecutive_failures=12'])
  })

  it('do not end the error rate where it is as bad since: a fleet that solves one task in twenty stays not ready', () => {
    const failing = found(['consecutive_failures=12', 'error_rate=0.95'])
    expect(left(failing, 3, 57)).toEqual(['consecutive_failures=12', 'error_rate=0.95'])
    expect(left(failing, 4, 6)).toEqual(['error_rate=0.95'])
    expect(left(failing, 5, 5)).toEqual([])
    // Nine tasks have no rate, as everywhere.
    expect(left(failing, 3, 6)).toEqual([])
  })

  it('do not end an error rate while tasks were solved all the time', () => {
    expect(left(found(['error_rate=0.60']), 50)).toEqual(['error_rate=0.60'])
  })

  it('are added to those that the sweep saw of the same recovery', () => {
    const begun = (seenBefore: Recovery) => found(['error_rate=0.90'], { evidence: { recovery: seenBefore } })
    expect([0, 1].map((solves) => left(begun(recovery(2)), solves))).toEqual([['error_rate=0.90'], []])
    expect([1, 2].map((solves) => left(begun(recovery(1)), solves))).toEqual([['error_rate=0.90'], []])
    expect(left(begun(recovery(2, 6)), 1)).toEqual([])
    expect(left(begun(recovery(2, 7)), 1)).toEqual(['error_rate=0.90'])
  })

  it('do not end the rate of tasks after a recovery that is proven: the sweep has judged those', () => {
    const proven = found(['error_rate=0.60'], { evidence: { recovery: recovery(3) } })
    expect(left(proven, 50)).toEqual(['error_rate=0.60'])
  })

  it('begin a new recovery where the sweep found again that nothing is solved', () => {
    const again = found([...NOTHING_SOLVED, 'error_rate=0.90'], { evidence: { recovery: recovery(4) } })
    expect([2, 3].map((solves) => left(again, solves))).toEqual([['error_rate=0.90'], []])
  })

  it('are those since the sweep, and none of before', () => {
    expect(seen(found(NOTHING_SOLVED), BEFORE).issues).toEqual(NOTHING_SOLVED)
  })

  it.each<[string, Parameters<typeof recordOf>[0], Counters]>([
    ['by an item that was created anew since', {}, { solved: 5, failed: 1 }],
    ['by an item of an older version', {}, {}],
    ['in a record of an older version', { evidence: { ended: null } }, { solved: 5000 }],
  ])('are not told %s: the verdict of the sweep stays', (_, changes, counts) => {
    expect(seen(found(NOTHING_SOLVED, changes), counts).issues).toEqual(NOTHING_SOLVED)
  })

  it('are told again as soon as a sweep has read the new item', () => {
    const record = found(NOTHING_SOLVED, { evidence: { ended: { solved: 0, failed: 0 } } })
    expect(seen(record, {}).issues).toEqual(NOTHING_SOLVED)
    expect(seen(record, { solved: 1 }).issues).toEqual([])
  })

  it('also end an issue that hysteresis delays and shows as a warning', () => {
    const raw: Verdict = { status: 'not_ready', mode: 'normal', issues: ['overdue=5'], warnings: [], trace: [] }
    const delayed = found([], { status: 'degraded', warnings: raw.issues, raw })
    expect(seen(delayed, BEFORE)).toMatchObject({ status: 'degraded', warnings: ['overdue=5'] })
    expect(seen(delayed, { solved: 101, failed: 40 })).toMatchObject({ status: 'ready', warnings: [] })
  })

  it('do not make stale evidence fresh', () => {
    const old = found(NOTHING_SOLVED, { sweptAt: NOON - 4 * MINUTE })
    expect(seen(old, { solved: 200, failed: 40 }).status).toBe('unknown')
  })
})
