import { PutItemCommand } from '@aws-sdk/client-dynamodb'
import { marshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import { makeOutcomeStore } from '../../functions/adapters/dynamodb/outcome-store.ts'
import { makeRecordStore } from '../../functions/adapters/dynamodb/record-store.ts'
import { systemClock } from '../../functions/adapters/system/clock.ts'
import { LIMITS } from '../../functions/contract/limits.ts'
import { readinessKey } from '../../functions/contract/table.ts'
import { makeSweep, type SweepSettings } from '../../functions/sweep/sweep.ts'
import { outcome, solved } from '../build/outcomes.ts'
import { dynaliteEngine } from '../engines/dynalite.ts'
import { describeEngine } from '../engines/engine.ts'
import { countRequests, createTable } from '../stores/table.ts'
import { recordIn, sweepSettings, sweptFleet } from './swept-fleet.ts'

/** Stores in a real table, the rest in memory. */
async function sweptTable(endpoint: string, changes: Partial<SweepSettings> = {}, clock = systemClock) {
  const { client, tableName } = await createTable(endpoint)
  const { ports } = sweptFleet()
  const outcomes = makeOutcomeStore({ client, tableName, clock, log: ports.log })
  const record = makeRecordStore({ client, tableName })
  const sweep = makeSweep({ ...ports, outcomes, record, clock }, sweepSettings(changes))
  const put = (item: Record<string, unknown>) =>
    client.send(new PutItemCommand({ TableName: tableName, Item: marshall({ ...readinessKey, ...item }) }))
  return { sweep, outcomes, record, put, client }
}

describeEngine(dynaliteEngine, (running) => {
  describe('a sweep on a real table', () => {
    it('overlaps another: one record, the other changes nothing (row 36)', async () => {
      // Two sweeps of one millisecond would write the very same record, and each would take it for its own.
      let ticks = Date.now()
      const { sweep, record } = await sweptTable(running().endpoint, {}, { ...systemClock, now: () => ticks++ })
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
      const began = Date.now()
      const standing = { ...systemClock, now: () => began }
      const { sweep, outcomes, client } = await sweptTable(running().endpoint, { pageItems: 40 }, standing)
      const stored = 1000
      const times = Array.from({ length: stored }, (_, n) => began - 86_400_000 + Math.floor((n * 86_000_000) / stored))
      for (let n = 0; n < stored; n += 20)
        await Promise.all(times.slice(n, n + 20).map((at) => outcomes.write(outcome(at, [solved(at)]))))
      const sent = countRequests(client)
      const { evidence } = recordIn(await sweep())
      expect(evidence.totals.solved).toBe(stored)
      const queries = sent.filter((command) => command.startsWith('QueryCommand')).length
      console.log(`${stored} outcomes folded by one sweep on dynalite in ${queries} queries`)
      // Of about 62 outcomes in each shard: two pages of 40, and a third where one has more.
      expect(queries).toBeGreaterThanOrEqual(2 * LIMITS.outcomeShards)
      expect(queries).toBeLessThanOrEqual(3 * LIMITS.outcomeShards)
    })
  })
})
