import { expect, it } from 'vitest'
import { makeTaskStore } from '../../functions/adapters/dynamodb/task-store.ts'
import { makeServerClock } from '../../functions/adapters/system/server-clock.ts'
import { memoryClock, NOON } from '../../sim/memory/clock.ts'
import type { RunningEngine } from '../engines/engine.ts'
import { startFaultyProxy } from '../engines/faulty-proxy.ts'
import { claimedItem } from './builders.ts'
import { createTable } from './table.ts'

const MINUTES = 60_000

/** The clock of an engine, by which workers set theirs. */
export function dynamoServerClock(running: () => RunningEngine): void {
  it('the first answer of the table sets the clock, a refused write as well as a read', async () => {
    for (const skew of [-5 * MINUTES, 5 * MINUTES]) {
      const serverClock = makeServerClock({ now: () => Date.now() + skew, sleep: async () => {} })
      await createTable(running().endpoint, { serverClock })
      expect(Math.abs(serverClock.now() - Date.now())).toBeLessThanOrEqual(2500)
    }
  })

  it('a worker with a wrong clock takes an item for expired when the table would, not when its clock says so', async () => {
    const proxy = await startFaultyProxy(running().endpoint)
    const local = memoryClock(NOON + 10 * MINUTES)
    const serverClock = makeServerClock(local)
    const table = await createTable(proxy.endpoint, { serverClock })
    const store = makeTaskStore({ ...table, clock: serverClock })
    proxy.fate = () => ({ kind: 'pass', headers: { date: new Date(NOON).toUTCString() } })
    expect(await store.read('task-1')).toBeUndefined()
    const item = claimedItem({ ttl: NOON / 1000 + 300 })
    expect(await store.apply({ kind: 'claim', item, fence: null })).toEqual({ kind: 'applied' })
    expect(await store.read('task-1')).toEqual(item)
    expect(await store.apply({ kind: 'claim', item: claimedItem({ attempt: 'b' }), fence: null })).toEqual({
      kind: 'refused',
      found: item,
    })
    table.client.destroy()
    await proxy.stop()
  })
}
