import { describe, expect, it } from 'vitest'
import type { HistoryStore } from '../../functions/core/ports.ts'
import { makeSweep } from '../../functions/sweep/sweep.ts'
import { recordIn, sweptFleet } from './swept-fleet.ts'

const MINUTE = 60
const HOUR_MS = 3_600_000

describe('the sweep and the history', () => {
  it('stores nothing while an hour runs, and each hour once when it is over', async () => {
    const fleet = sweptFleet()
    for (let minute = 0; minute < 59; minute += 1) await fleet.sweepAfter(MINUTE)
    expect(fleet.history.stored()).toEqual([])
    const record = await fleet.sweepAfter(MINUTE)
    expect(fleet.history.stored()).toMatchObject([{ span: 'hour', seconds: { ready: 3540 } }])
    expect(record.history).toMatchObject({ finished: [], hour: { at: record.sweptAt, seconds: { ready: 0 } } })
    for (let minute = 0; minute < 120; minute += 1) await fleet.sweepAfter(MINUTE)
    expect(fleet.history.stored().map(({ seconds }) => seconds.ready)).toEqual([3540, 3600, 3600])
  })

  it('stores a day when it is over', async () => {
    const fleet = sweptFleet({ sweepSeconds: 600 })
    for (let n = 0; n < 6 * 13; n += 1) await fleet.sweepAfter(600)
    const days = fleet.history.stored().filter(({ span }) => span === 'day')
    expect(days).toMatchObject([{ seconds: { ready: 12 * 3600 - 600 } }])
    expect((days[0]?.at ?? 1) % (24 * HOUR_MS)).toBe(0)
  })

  it('succeeds while the history cannot be stored, keeps it in the record, and stores all of it later', async () => {
    const fleet = sweptFleet({ sweepSeconds: 600 })
    let isDown = true
    const history: Pick<HistoryStore, 'save'> = {
      save: async (bucket) => {
        if (isDown) throw new Error('down')
        await fleet.history.save(bucket)
      },
    }
    const sweep = makeSweep({ ...fleet.ports, history }, fleet.settings)
    const sweepLater = async () => {
      fleet.clock.set(fleet.clock.now() + 600_000)
      return recordIn(await sweep())
    }
    for (let n = 0; n < 18; n += 1) await sweepLater()
    const record = await sweepLater()
    expect(record.history?.finished).toHaveLength(3)
    expect(fleet.lines.filter(({ message }) => message.startsWith('history not stored')).length).toBeGreaterThan(0)
    isDown = false
    expect((await sweepLater()).history?.finished).toEqual([])
    expect(fleet.history.stored()).toMatchObject([
      { seconds: { ready: 3000 } },
      { seconds: { ready: 3600 } },
      { seconds: { ready: 3600 } },
    ])
  })

  it('stores the same hour twice and loses none where another sweep overtakes it', async () => {
    const fleet = sweptFleet({ sweepSeconds: 600 })
    for (let n = 0; n < 5; n += 1) await fleet.sweepAfter(600)
    fleet.clock.set(fleet.clock.now() + 600_000)
    const kinds = (await Promise.all([fleet.sweep(), fleet.sweep()])).map(({ kind }) => kind)
    expect(kinds.toSorted()).toEqual(['overtaken', 'swept'])
    expect(fleet.history.stored()).toMatchObject([{ span: 'hour', seconds: { ready: 3000 } }])
  })
})
