import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import { makeOutcomeStore } from '../../functions/adapters/dynamodb/outcome-store.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { systemClock } from '../../functions/adapters/system/clock.ts'
import { readinessKey } from '../../functions/contract/table.ts'
import { makeSweep, type SweepSettings } from '../../functions/sweep/sweep.ts'
import { outcome, solved } from '../build/outcomes.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import { describeEngine } from '../engines/engine.ts'
import { createTable } from '../stores/table.ts'
import { recordIn, sweepSettings, sweptFleet } from './swept-fleet.ts'

/** Stores in a real table, with the time-outs that the handler has; the rest in memory. */
async function sweptTable(endpoint: string, changes: Partial<SweepSettings> = {}) {
  const { client, tableName } = await createTable(endpoint, { requestTimeoutMs: 900 })
  const { ports } = sweptFleet()
  const clock = systemClock
  const outcomes = makeOutcomeStore({ client, tableName, clock, log: ports.log })
  const record = makeRecordStore({ client, tableName })
  const sweep = makeSweep({ ...ports, outcomes, record, clock }, sweepSettings(changes))
  const put = (item: Record<string, unknown>) =>
    client.send(new PutItemCommand({ TableName: tableName, Item: marshall({ ...readinessKey, ...item }) }))
  return { sweep, outcomes, record, put }
}

describeEngine(dynaliteEngine, (running) => {
  describe('a sweep on a real table', () => {
    it('overlaps another: one record, the other changes nothing (row 36)', async () => {
      const { sweep, record } = await sweptTable(running().endpoint)
      await sweep()
      const ends = await Promise.all([sweep(), sweep(), sweep()])
      expect(ends.filter(({ kind }) => kind === 'swept')).toHaveLength(1)
      expect(await record.read()).toMatchObject({ record: { version: 2 } })
    })

    it('mends a record that is corrupt or of an older version (row 34)', async () => {
      for (const broken of [{ record: 'x', version: 41 }, { record: '{"schema":0}' }, { status: 'ready' }]) {
        const { sweep, record, put } = await sweptTable(running().endpoint)
        await put(broken)
        expect(await record.read()).toHaveProperty('unreadable')
        const { version } = recordIn(await sweep())
        expect(version).toBe(broken.version === undefined ? 1 : 42)
        expect(recordIn(await sweep()).version).toBe(version + 1)
      }
    })

    it('reads what an outage of a day left, in bounded time (row 37)', { timeout: 120_000 }, async () => {
      const { sweep, outcomes } = await sweptTable(running().endpoint)
      const stored = 3000
      const now = Date.now()
      const times = Array.from({ length: stored }, (_, n) => now - 86_400_000 + Math.floor((n * 86_000_000) / stored))
      for (let n = 0; n < stored; n += 100)
        await Promise.all(times.slice(n, n + 100).map((at) => outcomes.write(outcome(at, [solved(at)]))))
      const began = performance.now()
      const { evidence } = recordIn(await sweep())
      const milliseconds = Math.round(performance.now() - began)
      console.log(`${stored} outcomes folded by one sweep on dynalite in ${milliseconds} ms`)
      expect(evidence.totals.solved).toBe(stored)
      expect(milliseconds).toBeLessThan(20_000)
    })
  })
})
