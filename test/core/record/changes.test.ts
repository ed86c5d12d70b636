import { describe, expect, it } from 'vitest'
import { changesAfter } from '../../../functions/core/record/changes.ts'
import { stateSince } from '../../../functions/core/record/state-since.ts'
import { viewOf } from '../../../functions/core/record/view.ts'
import { HOUR, MINUTE, NOON, SECOND, VIEW_SETTINGS } from '../../build/evidence.ts'
import { notReady, recordOf } from '../../build/record.ts'

const settings = VIEW_SETTINGS
const changed = { at: NOON - HOUR, status: 'ready', reasons: ['starting'] } as const
const ready = recordOf({ sweptAt: NOON, changes: [{ ...changed, reasons: ['starting'] }] })

describe('the changes of the shown state that the record keeps', () => {
  it('begin with the first sweep', () => {
    const first = changesAfter(null, recordOf({ warnings: ['starting'] }), NOON, settings)
    expect(first).toEqual([{ at: NOON, status: 'ready', reasons: ['starting'] }])
  })

  it('stay as they are while the state stays', () => {
    expect(changesAfter(ready, recordOf(), NOON + MINUTE, settings)).toEqual(ready.changes)
  })

  it('tell issues before warnings, and the latest first', () => {
    const [latest, ...older] = changesAfter(ready, notReady(), NOON + MINUTE, settings)
    expect(latest).toEqual({
      ...{ at: NOON + MINUTE, status: 'not_ready' },
      reasons: ['consecutive_failures=12', 'low_balance=$0.50'],
    })
    expect(older).toEqual(ready.changes)
  })

  it('tell the gap in which no sweep ran and every view showed unknown, from the moment at which the evidence was stale', () => {
    const after = changesAfter(ready, recordOf(), NOON + HOUR, settings)
    expect(after.slice(0, 2)).toEqual([
      { at: NOON + HOUR, status: 'ready', reasons: [] },
      { at: NOON + 3 * MINUTE, status: 'unknown', reasons: ['stale_evidence'] },
    ])
    expect(viewOf({ kind: 'record', record: ready, readAt: NOON }, NOON + 3 * MINUTE, settings).status).toBe('ready')
    const later = NOON + 3 * MINUTE + SECOND
    expect(viewOf({ kind: 'record', record: ready, readAt: NOON }, later, settings).status).toBe('unknown')
  })

  it('tell no gap where the next sweep came in the last moment before the evidence was stale', () => {
    expect(changesAfter(ready, recordOf(), NOON + 3 * MINUTE, settings)).toEqual(ready.changes)
    expect(changesAfter(ready, recordOf(), NOON + 3 * MINUTE + 1, settings)).toHaveLength(3)
  })

  it('are twenty at most, and the oldest is dropped first', () => {
    let record = ready
    for (let sweep = 1; sweep <= 50; sweep += 1) {
      const shown = sweep % 2 === 0 ? recordOf() : notReady()
      const at = NOON + sweep * MINUTE
      record = recordOf({ sweptAt: at, changes: changesAfter(record, shown, at, settings) })
    }
    expect(record.changes).toHaveLength(20)
    expect(record.changes.map(({ at }) => at)).toEqual(Array.from({ length: 20 }, (_, i) => NOON + (50 - i) * MINUTE))
  })
})

describe('since when the shown state holds', () => {
  const seenAt = (record: typeof ready, now: number) => viewOf({ kind: 'record', record, readAt: now }, now, settings)

  it('is the time of the last change', () => {
    expect(stateSince(seenAt(ready, NOON + MINUTE))).toBe(NOON - HOUR)
  })
  it('is the end of the evidence if the state is unknown', () => {
    expect(stateSince(seenAt(ready, NOON + HOUR))).toBe(NOON + 3 * MINUTE)
  })
  it('is that of the earliest reason if the state changed after the last sweep', () => {
    const early = '2026-11-21T11:40:00.000Z'
    const entry = { rule: 'low_balance', observed: 0.5, threshold: 1, since: early, runbook: '' }
    const record = notReady({ sweptAt: NOON, changes: ready.changes })
    const view = seenAt({ ...record, trace: [entry, ...record.trace, { ...entry, rule: 'on_backup' }] }, NOON)
    expect(stateSince(view)).toBe(Date.parse(early))
  })
  it('is not known if the record keeps no change, or one to another state', () => {
    expect(stateSince(seenAt(recordOf({ sweptAt: NOON }), NOON))).toBeNull()
    expect(stateSince(seenAt(notReady({ sweptAt: NOON, changes: ready.changes, trace: [] }), NOON))).toBeNull()
    expect(stateSince(viewOf({ kind: 'missing', readAt: NOON }, NOON, settings))).toBe(NOON)
  })
})
